"""What the server says, as bytes. The sentences of refusals are in `refusals`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from uuid import UUID

import msgspec

from sorteos_actors.protocol.messages import Ref
from sorteos_actors.protocol.refusals import MESSAGES, STATUS, message_for
from sorteos_actors.protocol.timestamps import rfc3339
from sorteos_actors.protocol.views import raffle_view, reservation_view
from sorteos_actors.raffle import (
    Millis,
    RaffleSummary,
    RaffleTerms,
    Rejection,
    Reservation,
)
from sorteos_actors.raffle.model import RESERVED, STATE_NAMES

__all__ = [
    "MESSAGES",
    "STATUS",
    "hello",
    "legacy_number_update",
    "legacy_reservation_created",
    "legacy_reservation_expired",
    "pong",
    "problem",
    "push_payment",
    "push_payment_methods",
    "push_raffle",
    "push_reservation",
    "reply_error",
    "reply_ok",
]

# The seed's client knows three states: for it, a blocked number is one it cannot have.
_LEGACY_STATES: Final = (*STATE_NAMES[:3], STATE_NAMES[RESERVED])


def hello(summary: RaffleSummary, now: Millis) -> bytes:
    """The first message of a v2 socket."""
    return _json(
        {
            "type": "hello",
            "raffle": raffle_view(summary),
            "epoch": summary.epoch,
            "seq": summary.seq,
            "server_time": rfc3339(now),
        }
    )


def reply_ok(
    ref: Ref | None,
    seq: int,
    terms: RaffleTerms,
    reservation: Reservation | None,
    now: Millis,
) -> bytes:
    """A command had its effect, visible from `seq` on."""
    view = None if reservation is None else reservation_view(terms, reservation, now)
    return _json({"type": "reply", "ref": ref, "ok": True, "seq": seq, "reservation": view})


def reply_error(ref: Ref | None, rejection: Rejection) -> bytes:
    """A command was refused."""
    return _json({"type": "reply", "ref": ref, "ok": False, "error": _error(rejection)})


def pong(ref: Ref | None, t0: int | float | str | None, now: Millis) -> bytes:
    """The time."""
    answer: dict[str, object] = {"type": "pong", "t0": t0, "server_time": rfc3339(now)}
    if ref is not None:
        answer["ref"] = ref
    return _json(answer)


def push_reservation(
    terms: RaffleTerms, reservation: Reservation, reason: str, now: Millis
) -> bytes:
    """News of a reservation, for its owner only."""
    view = reservation_view(terms, reservation, now)
    return _json({"type": "reservation", "reservation": view, "reason": reason})


def push_raffle(summary: RaffleSummary) -> bytes:
    """The raffle's status or dates changed."""
    return _json({"type": "raffle", "raffle": raffle_view(summary)})


def push_payment(payment_id: UUID, status: str) -> bytes:
    """A payment stands elsewhere than before, for its owner only."""
    return _json({"type": "payment", "payment_id": payment_id, "status": status})


def push_payment_methods() -> bytes:
    """The methods of payment have changed: whoever shows them fetches them again."""
    return _json({"type": "payment_methods"})


def problem(rejection: Rejection, status: int | None = None) -> bytes:
    """``application/problem+json`` with the contract's fields beside the standard's.

    `status` is that of the code, unless a route has its own (a list that is too long is a 400).
    """
    status = STATUS[rejection.code] if status is None else status
    phrase = HTTPStatus(status).phrase
    standard = {"type": "about:blank", "title": phrase, "status": status}
    return _json(standard | _error(rejection))


def legacy_number_update(
    terms: RaffleTerms, number: int, state: int, user_id: UUID | None = None
) -> bytes:
    """One number changed, in the seed's words. `user_id` is for that person's own sockets only."""
    data = {"number_id": terms.label(number), "status": _LEGACY_STATES[state]}
    if user_id is not None:
        data["user_id"] = str(user_id)
    return _json({"type": "number_update", "raffle_id": terms.id, "data": data})


def legacy_reservation_expired(
    terms: RaffleTerms, reservation_id: UUID, numbers: tuple[int, ...]
) -> bytes:
    """A reservation's time is over, in the seed's words."""
    data = {"reservation_id": reservation_id, "number_ids": [terms.label(n) for n in numbers]}
    return _json({"type": "reservation_expired", "raffle_id": terms.id, "data": data})


def legacy_reservation_created(terms: RaffleTerms, reservation: Reservation, now: Millis) -> bytes:
    """A reservation was made, in the seed's words, for its owner only."""
    view = reservation_view(terms, reservation, now)
    return _json({"type": "reservation_created", "raffle_id": terms.id, "data": view})


def _error(rejection: Rejection) -> dict[str, object]:
    return {
        "code": rejection.code.value,
        "message": message_for(rejection),
        "params": rejection.params,
    }


_json = msgspec.json.Encoder().encode
