"""What every `Accounts` promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from sorteos_actors import asyncio_bridge
from sorteos_actors.ports import Accounts, Contact
from sorteos_actors.store.accounts import PostgresAccounts
from sorteos_actors.store.pool import open_pool
from sorteos_actors.testing.memory_accounts import MemoryAccounts

ANA = Contact("Ana Rojas", "+50688887777", "ana@example.com", "en")


@pytest.fixture
async def accounts(where: str | None) -> AsyncIterator[Accounts]:
    """Where nobody is known yet."""
    if where is None:
        yield MemoryAccounts()
        return
    async with asyncio_bridge.open_loop(), open_pool(where) as pool:
        yield PostgresAccounts(pool)


async def test_of_a_stranger_nothing_is_known(accounts: Accounts) -> None:
    assert await accounts.contact(uuid4()) is None


async def test_what_a_person_says_replaces_all_that_was_said_before(accounts: Accounts) -> None:
    ana, other = uuid4(), uuid4()
    await accounts.keep_contact(ana, ANA)
    await accounts.keep_contact(ana, ANA)
    assert await accounts.contact(ana) == ANA
    moved = Contact("Ana R.", "+50622223333", None)
    await accounts.keep_contact(ana, moved)
    assert await accounts.contact(ana) == moved
    assert await accounts.contact(other) is None


async def test_a_guest_starts_from_what_they_came_in_with(accounts: Accounts) -> None:
    guest = uuid4()
    await accounts.remember_guest(guest, "Ana", "8888-7777")
    await accounts.remember_guest(guest, "somebody else", "2222-3333")
    assert await accounts.contact(guest) == Contact("Ana", "+50688887777", None)
    await accounts.keep_contact(guest, ANA)
    assert await accounts.contact(guest) == ANA


@pytest.mark.parametrize(
    ("name", "phone", "start"),
    [
        ("Ana", None, Contact("Ana", None)),
        (None, "+506 8888 7777", Contact(None, "+50688887777")),
        ("Ana", "123456", Contact("Ana", None)),
        (None, "123456", None),
    ],
)
async def test_a_guest_may_have_said_a_part_of_it(
    accounts: Accounts, name: str | None, phone: str | None, start: Contact | None
) -> None:
    guest = uuid4()
    await accounts.remember_guest(guest, name, phone)
    assert await accounts.contact(guest) == start


async def test_the_longest_that_the_door_lets_in_fits(accounts: Accounts) -> None:
    long = Contact("ñ" * 120, "+" + "9" * 17, "a" * 64 + "@" + "b." * 93 + "cr")
    await accounts.keep_contact(user := uuid4(), long)
    assert await accounts.contact(user) == long


async def test_many_people_are_asked_about_at_once(accounts: Accounts) -> None:
    ana, guest, moved, silent = uuid4(), uuid4(), uuid4(), uuid4()
    await accounts.keep_contact(ana, ANA)
    await accounts.remember_guest(guest, "Beto", "8888-7777")
    await accounts.remember_guest(moved, "Beto", "8888-7777")
    await accounts.keep_contact(moved, ANA)
    await accounts.remember_guest(silent, None, "123456")
    assert await accounts.contacts([ana, guest, moved, silent, uuid4()]) == {
        ana: ANA,
        guest: Contact("Beto", "+50688887777", None),
        moved: ANA,
    }
    assert await accounts.contacts([]) == {}
