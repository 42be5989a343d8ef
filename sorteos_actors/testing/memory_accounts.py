"""The `Accounts` port in memory."""

from __future__ import annotations

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

    async def keep_contact(self, user_id: UUID, contact: Contact) -> None:
        """See `Accounts`."""
        await trio.lowlevel.checkpoint()
        self._contacts[user_id] = contact
