"""Codes of tickets: every one that was made is read, and nothing else is."""

from __future__ import annotations

import base64
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from sorteos_actors.tickets.code import TicketCodes

CODES = TicketCodes("0123456789abcdef0123456789abcdef")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
RAFFLE, PURCHASE = UUID(int=1 << 100), UUID(int=77)
CODE = CODES.code(RAFFLE, PURCHASE)


@given(st.uuids(), st.uuids())
def test_a_code_names_its_purchase_on_every_node(raffle_id: UUID, reservation_id: UUID) -> None:
    code = CODES.code(raffle_id, reservation_id)
    assert len(code) == 56
    assert set(code) <= set(LETTERS)
    assert TicketCodes("0123456789abcdef0123456789abcdef").read(code) == (raffle_id, reservation_id)


def test_no_code_is_read_with_one_character_changed() -> None:
    for place in range(len(CODE)):
        for letter in LETTERS:
            if letter != CODE[place]:
                assert CODES.read(CODE[:place] + letter + CODE[place + 1 :]) is None


@given(st.uuids(), st.uuids(), st.integers(0, 55), st.characters())
def test_no_code_is_read_with_any_other_character(
    raffle_id: UUID, reservation_id: UUID, place: int, letter: str
) -> None:
    code = CODES.code(raffle_id, reservation_id)
    changed = code[:place] + letter + code[place + 1 :]
    assert (CODES.read(changed) is None) == (changed != code)


@given(st.text(max_size=80))
def test_what_nobody_made_is_not_read(text: str) -> None:
    assert CODES.read(text) is None


def test_a_code_is_read_only_as_it_was_written() -> None:
    assert CODES.read(CODE) == (RAFFLE, PURCHASE)
    for other in (CODE[:-1], CODE + "A", f" {CODE}", f"{CODE}\n", CODE.replace("A", "A\n", 1)):
        assert CODES.read(other) is None


def test_raffle_and_purchase_are_sealed_together() -> None:
    other = base64.urlsafe_b64decode(CODES.code(UUID(int=5), PURCHASE))
    mine = base64.urlsafe_b64decode(CODE)
    assert CODES.read(base64.urlsafe_b64encode(other[:16] + mine[16:]).decode()) is None
    swapped = base64.urlsafe_b64encode(mine[16:32] + mine[:16] + mine[32:]).decode()
    assert CODES.read(swapped) is None


def test_the_code_of_another_installation_is_forged() -> None:
    assert TicketCodes("another secret").read(CODE) is None
