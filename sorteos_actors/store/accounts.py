"""The `Accounts` port on PostgreSQL."""

from __future__ import annotations

from uuid import UUID

from sorteos_actors.ports import Contact
from sorteos_actors.protocol.contacts import start_contact
from sorteos_actors.store.pool import Pool

_REMEMBER = """
INSERT INTO guests (user_id, name, phone) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO NOTHING
"""
_CONTACT = """
SELECT name, phone, email, language, FALSE AS is_start FROM contacts WHERE user_id = $1
UNION ALL
SELECT name, phone, NULL, NULL, TRUE FROM guests WHERE user_id = $1
ORDER BY is_start LIMIT 1
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
        row = await self._pool.row(_CONTACT, user_id)
        if row is None:
            return None
        if row["is_start"]:
            return start_contact(row["name"], row["phone"])
        return Contact(row["name"], row["phone"], row["email"], row["language"])

    async def keep_contact(self, user_id: UUID, contact: Contact) -> None:
        """Keep it in place of what was said before."""
        said = (contact.name, contact.phone, contact.email, contact.language)
        await self._pool.run(lambda c: c.execute(_KEEP, user_id, *said))
