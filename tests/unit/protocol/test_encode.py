"""What the server says, word by word."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from sorteos_actors.protocol import encode
from sorteos_actors.protocol.refusals import MESSAGES, STATUS, message_for, retry_after
from sorteos_actors.protocol.views import raffle_view, reservation_view
from sorteos_actors.raffle import RaffleStatus, RaffleSummary, Rejection, RejectionCode
from sorteos_actors.raffle.model import AVAILABLE, BLOCKED, RESERVED, SOLD
from tests.builders import ANA, FIRST, NOW, a_hold, a_raffle, some_terms

TERMS = some_terms()
SUMMARY = RaffleSummary(
    terms=TERMS, status=RaffleStatus.ACTIVE, epoch=7, seq=42, reserved_count=2, sold_count=1
)
HOLD = a_hold(a_raffle(), 7, 21)
RAFFLE = msgspec.to_builtins(raffle_view(SUMMARY))
RESERVATION = msgspec.to_builtins(reservation_view(TERMS, HOLD, NOW))
TIME = "2027-01-15T08:00:00.000Z"
TAKEN = Rejection(RejectionCode.NUMBERS_TAKEN, {"numbers": ["07"]})


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (
            encode.hello(SUMMARY, NOW),
            {"type": "hello", "raffle": RAFFLE, "epoch": 7, "seq": 42, "server_time": TIME},
        ),
        (
            encode.reply_ok("r", 43, TERMS, HOLD, NOW),
            {"type": "reply", "ref": "r", "ok": True, "seq": 43, "reservation": RESERVATION},
        ),
        (
            encode.reply_ok(1, 43, TERMS, None, NOW),
            {"type": "reply", "ref": 1, "ok": True, "seq": 43, "reservation": None},
        ),
        (
            encode.reply_error("r", TAKEN),
            {
                "type": "reply",
                "ref": "r",
                "ok": False,
                "error": {
                    "code": "numbers_taken",
                    "message": MESSAGES[RejectionCode.NUMBERS_TAKEN],
                    "params": {"numbers": ["07"]},
                },
            },
        ),
        (encode.pong(None, 1.5, NOW), {"type": "pong", "t0": 1.5, "server_time": TIME}),
        (encode.pong(0, "a", NOW), {"type": "pong", "t0": "a", "server_time": TIME, "ref": 0}),
        (encode.pong(None, None, NOW), {"type": "pong", "t0": None, "server_time": TIME}),
        (
            encode.push_reservation(TERMS, HOLD, "created", NOW),
            {"type": "reservation", "reservation": RESERVATION, "reason": "created"},
        ),
        (encode.push_raffle(SUMMARY), {"type": "raffle", "raffle": RAFFLE}),
        (
            encode.legacy_reservation_expired(TERMS, FIRST, (7, 21)),
            {
                "type": "reservation_expired",
                "raffle_id": str(TERMS.id),
                "data": {"reservation_id": str(FIRST), "number_ids": ["07", "21"]},
            },
        ),
        (
            encode.legacy_reservation_created(TERMS, HOLD, NOW),
            {"type": "reservation_created", "raffle_id": str(TERMS.id), "data": RESERVATION},
        ),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_each_message_has_exactly_the_fields_of_the_contract(
    said: bytes, meant: dict[str, Any]
) -> None:
    assert json.loads(said) == meant


@pytest.mark.parametrize(
    ("state", "status"),
    [(AVAILABLE, "available"), (RESERVED, "reserved"), (SOLD, "sold"), (BLOCKED, "reserved")],
)
def test_the_seeds_client_hears_only_the_three_states_it_knows(state: int, status: str) -> None:
    assert json.loads(encode.legacy_number_update(TERMS, 7, state)) == {
        "type": "number_update",
        "raffle_id": str(TERMS.id),
        "data": {"number_id": "07", "status": status},
    }


def test_only_the_owners_own_update_carries_who_they_are() -> None:
    own = json.loads(encode.legacy_number_update(TERMS, 7, RESERVED, ANA))
    assert own["data"] == {"number_id": "07", "status": "reserved", "user_id": str(ANA)}
    assert str(ANA).encode() not in encode.legacy_number_update(TERMS, 7, RESERVED)


def test_what_everybody_hears_names_nobody() -> None:
    for said in (
        encode.hello(SUMMARY, NOW),
        encode.push_raffle(SUMMARY),
        encode.legacy_reservation_expired(TERMS, FIRST, (7,)),
    ):
        assert b"user_id" not in said
        assert str(ANA).encode() not in said
        assert str(TERMS.organizer_id).encode() not in said


# -- refusals --------------------------------------------------------------------------------------


def test_each_code_has_the_status_of_the_contract() -> None:
    assert {code.value: status for code, status in STATUS.items()} == {
        "bad_request": 400,
        "unknown_number": 400,
        "unauthenticated": 401,
        "forbidden": 403,
        "not_found": 404,
        "numbers_taken": 409,
        "too_many_numbers": 409,
        "already_reserved": 409,
        "wrong_phase": 409,
        "raffle_not_active": 409,
        "payment_in_progress": 409,
        "already_paid": 409,
        "wrong_amount": 409,
        "method_not_offered": 409,
        "reference_taken": 409,
        "reservation_expired": 410,
        "payload_too_large": 413,
        "rate_limited": 429,
        "unavailable": 503,
    }
    assert encode.STATUS is STATUS


@pytest.mark.parametrize("code", RejectionCode)
def test_each_code_has_a_sentence_and_a_problem_document(code: RejectionCode) -> None:
    document = json.loads(encode.problem(Rejection(code, {"limit": 10})))
    assert document.pop("title")
    assert document == {
        "type": "about:blank",
        "status": STATUS[code],
        "code": code.value,
        "message": MESSAGES[code],
        "params": {"limit": 10},
    }
    assert MESSAGES[code].endswith(".")


def test_a_route_may_have_a_status_of_its_own() -> None:
    document = json.loads(encode.problem(Rejection(RejectionCode.TOO_MANY_NUMBERS), 400))
    assert (document["status"], document["title"]) == (400, "Bad Request")


def test_a_quick_pick_that_found_too_few_says_so() -> None:
    too_few = Rejection(RejectionCode.NUMBERS_TAKEN, {"numbers": [], "available": 3})
    assert "available" in message_for(too_few)
    assert message_for(TAKEN) == MESSAGES[RejectionCode.NUMBERS_TAKEN]


@pytest.mark.parametrize(
    ("rejection", "seconds"),
    [
        (Rejection(RejectionCode.UNAVAILABLE, {"retry_after_ms": 1000}), 1),
        (Rejection(RejectionCode.UNAVAILABLE, {"retry_after_ms": 1001}), 2),
        (Rejection(RejectionCode.RATE_LIMITED, {"retry_after_ms": 0}), 1),
        (Rejection(RejectionCode.RATE_LIMITED), 1),
        (Rejection(RejectionCode.UNAVAILABLE), 1),
        (TAKEN, None),
        (Rejection(RejectionCode.BAD_REQUEST), None),
    ],
)
def test_waiting_is_advised_in_whole_seconds_and_only_where_it_helps(
    rejection: Rejection, seconds: int | None
) -> None:
    assert retry_after(rejection) == seconds
