"""The `Accounts` port in memory."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import trio

from sorteos_actors.ports import Contact
from sorteos_actors.protocol.contacts import start_contact


class MemoryAccounts:
    """See `Accounts`."""

    def __init__(self) -> None:
        self._guests: dict[UUID, tuple[str | None, str | None]] = {}
        self._contacts: dict[UUID, Contact] = {}

    async def remember_guest(self, user_id: UUID, name: str | None, phone: str | None) -> None:
        """See `Accounts`."""
        await trio.lowlevel.checkpoint()
        self._guests.setdefault(user_id, (name, phone))

    async def contact(self, user_id: UUID) -> Contact | None:
        """See `Accounts`."""
        await trio.lowlevel.checkpoint()
        if user_id in self._contacts or user_id not in self._guests:
            return self._contacts.get(user_id)
        return start_contact(*self._guests[user_id])

    async def contacts(self, user_ids: Collection[UUID]) -> dict[UUID, Contact]:
        """See `Accounts`."""
        told = {user_id: await self.contact(user_id) for user_id in user_ids}
        return {user_id: contact for user_id, contact in told.items() if contact is not None}

    async def keep_contact(self, user_id: UUID, contact: Contact) -> None:
        """See `Accounts`."""
        await trio.lowlevel.checkpoint()
        self._contacts[user_id] = contact
