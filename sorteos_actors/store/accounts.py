"""The `Accounts` port on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sorteos_actors.ports import Contact
from sorteos_actors.protocol.contacts import start_contact
from sorteos_actors.store.pool import Pool
from sorteos_actors.store.rows import Row

_REMEMBER = """
INSERT INTO guests (user_id, name, phone) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO NOTHING
"""
# A guest's own words come first, and what was said since takes their place.
_CONTACTS = """
SELECT user_id, name, phone, NULL AS email, NULL AS language, TRUE AS is_start
FROM guests WHERE user_id = ANY($1)
UNION ALL
SELECT user_id, name, phone, email, language, FALSE FROM contacts WHERE user_id = ANY($1)
ORDER BY is_start DESC
"""
_KEEP = """
INSERT INTO contacts (user_id, name, phone, email, language) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (user_id) DO UPDATE
SET name = excluded.name, phone = excluded.phone, email = excluded.email,
    language = excluded.language, updated_at = clock_timestamp()
"""


class PostgresAccounts:
    """See `Accounts`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def remember_guest(self, user_id: UUID, name: str | None, phone: str | None) -> None:
        """Keep a guest's name and phone."""
        await self._pool.run(lambda c: c.execute(_REMEMBER, user_id, name, phone))

    async def contact(self, user_id: UUID) -> Contact | None:
        """How a person can be reached."""
        return (await self.contacts([user_id])).get(user_id)

    async def contacts(self, user_ids: Collection[UUID]) -> dict[UUID, Contact]:
        """How people can be reached, in one statement."""
        rows = await self._pool.rows(_CONTACTS, list(user_ids))
        told = {row["user_id"]: _contact_from_row(row) for row in rows}
        return {user_id: contact for user_id, contact in told.items() if contact is not None}

    async def keep_contact(self, user_id: UUID, contact: Contact) -> None:
        """Keep it in place of what was said before."""
        said = (contact.name, contact.phone, contact.email, contact.language)
        await self._pool.run(lambda c: c.execute(_KEEP, user_id, *said))


def _contact_from_row(row: Row) -> Contact | None:
    if row["is_start"]:
        return start_contact(row["name"], row["phone"])
    return Contact(row["name"], row["phone"], row["email"], row["language"])
