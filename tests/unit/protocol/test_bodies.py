"""HTTP bodies: as strict as messages, and texts of people come out clean."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from sorteos_actors.protocol import messages
from sorteos_actors.protocol.decode import MAX_BODY_BYTES, BadMessage, decode_body

RAFFLE: dict[str, Any] = {"title": "Rifa", "number_count": 100, "price": 500, "currency": "CRC"}


def raffle(**changes: Any) -> messages.RaffleBody:
    return decode_body(json.dumps(RAFFLE | changes).encode(), messages.RaffleBody)


def guest(**fields: Any) -> messages.GuestBody:
    return decode_body(json.dumps(fields).encode(), messages.GuestBody)


def test_a_raffle_needs_only_four_things() -> None:
    assert raffle() == messages.RaffleBody("Rifa", 100, 500, "CRC")


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "x" * 200},
        {"description": ""},
        {"description": "🎉" * 5000},
        {"number_count": 1},
        {"number_count": 1_000_000},
        {"price": 0},
        {"price": 10**12},
        {"currency": "USD"},
        {"selection_seconds": 5, "checkout_seconds": 86_400},
        {"max_numbers_per_user": 1},
        {"max_numbers_per_user": 1000},
        {"sales_close_at": "2027-01-15T08:00:00Z", "draw_at": "2027-01-15T02:00:00-06:00"},
        {"draw_at": "2027-01-15T08:00:00Z"},
        {"sales_close_at": None, "draw_at": None, "description": None},
        {"a field of the future": True},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_terms_at_their_bounds_are_fine(fields: dict[str, Any]) -> None:
    body = raffle(**fields)
    assert all(getattr(body, name, value) == value for name, value in fields.items())


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"title": "   "},
        {"title": "x" * 201},
        {"title": "two\nlines"},
        {"title": "a\tb"},
        {"title": "a\x7f"},
        {"title": "a\x85"},
        {"title": "a\0"},
        {"title": "\ufb2c" * 100},
        {"title": None},
        {"description": "x" * 5001},
        {"description": "a\x1b[31m"},
        {"description": "a\0"},
        {"description": 5},
        {"number_count": 0},
        {"number_count": 1_000_001},
        {"number_count": 10.0},
        {"number_count": True},
        {"price": -1},
        {"price": 10**12 + 1},
        {"price": "500"},
        {"currency": "crc"},
        {"currency": "CRC\n"},
        {"currency": "COLON"},
        {"selection_seconds": 4},
        {"checkout_seconds": 86_401},
        {"max_numbers_per_user": 0},
        {"max_numbers_per_user": 1001},
        {"sales_close_at": "tomorrow"},
        {"draw_at": "2027-01-15"},
        {"sales_close_at": "2027-01-15T08:00:00Z", "draw_at": "2027-01-15T07:59:59.999Z"},
    ],
    ids=lambda fields: ascii(fields)[:50],
)
def test_terms_that_make_no_sense_are_refused_and_the_field_is_named(
    fields: dict[str, Any],
) -> None:
    with pytest.raises(BadMessage) as caught:
        raffle(**fields)
    assert caught.value.ref is None
    named = caught.value.reason
    assert any(name in named for name in fields) or "text holds a NUL" in named


def test_what_looks_the_same_is_spelled_the_same() -> None:
    body = raffle(title="An\u0303o", description="cafe\u0301\r\nsolo\tuno\n")
    assert (body.title, body.description) == ("A\u00f1o", "caf\u00e9\nsolo\tuno\n")
    assert guest(name="Ine\u0301s").name == "In\u00e9s"


def test_a_guest_may_say_nothing_or_who_they_are() -> None:
    assert guest() == messages.GuestBody()
    assert guest(name="Inés", phone="+506 8888-8888") == messages.GuestBody(
        "Inés", "+506 8888-8888"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": " "},
        {"name": "x" * 121},
        {"name": "a\nb"},
        {"name": 5},
        {"phone": "123"},
        {"phone": "1" * 33},
        {"phone": "call me"},
        {"phone": "8888-8888\n"},
        {"phone": "    "},
        {"phone": 88888888},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_a_guest_with_an_impossible_name_or_phone_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BadMessage):
        guest(**fields)


def test_the_bodies_of_reservations_are_understood() -> None:
    key = "6f1c2d3e-4a5b-4c6d-8e7f-001122334455"
    body = json.dumps({"raffle_id": key, "number_ids": ["07", "21"]}).encode()
    assert decode_body(body, messages.ReservationBody) == messages.ReservationBody(
        UUID(key), ["07", "21"]
    )
    assert decode_body(b'{"number_id":"07"}', messages.AddNumberBody).number_id == "07"
    assert decode_body(b"{}", messages.ExtendBody).expires_at is None
    seen = b'{"expires_at":"2027-01-15T08:00:00Z"}'
    assert decode_body(seen, messages.ExtendBody).expires_at == "2027-01-15T08:00:00Z"


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        (b'{"raffle_id":"7","number_ids":["07"]}', messages.ReservationBody),
        (b'{"number_ids":["07"]}', messages.ReservationBody),
        (b'{"number_id":7}', messages.AddNumberBody),
        (b'{"expires_at":"soon"}', messages.ExtendBody),
        (b'{"expires_at":null,"expires_at":null}', messages.ExtendBody),
        (b"", messages.ExtendBody),
        (b"[]", messages.ExtendBody),
        (b'{"a":' * 9 + b"1" + b"}" * 9, messages.ExtendBody),
        (b'{"x":"' + b"y" * MAX_BODY_BYTES + b'"}', messages.ExtendBody),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bodies_are_read_as_strictly_as_messages(body: bytes, type_: type) -> None:
    with pytest.raises(BadMessage):
        decode_body(body, type_)
