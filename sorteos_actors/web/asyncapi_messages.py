"""Every message of the WebSocket contract, as data: `asyncapi` turns it into the document."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from sorteos_actors.payments.status import PaymentStatus
from sorteos_actors.protocol import messages
from sorteos_actors.raffle.model import STATE_NAMES
from sorteos_actors.web.schemas import CLIENT_MESSAGES, ERROR, Schema, an_object, ref

Wire = Literal["v2", "legacy"]


class ServerMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the server says."""

    name: str
    summary: str
    payload: Schema
    wire: Wire = "v2"
    binary: bool = False


_TEXT: Final[Schema] = {"type": "string"}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_POSITION: Final[Schema] = {"type": "integer", "minimum": 0}
_ID: Final[Schema] = {"type": "string", "format": "uuid"}
_REF: Final[Schema] = {"type": ["string", "integer", "null"], "description": "The client's own."}
_LABELS: Final[Schema] = {"type": "array", "items": _TEXT}
_REASONS: Final = (
    *("created", "changed", "checkout", "payment_started", "payment_review", "payment_ended"),
    *("extended", "expired", "cancelled", "completed", "refunded"),
)
STATES: Final = ", ".join(f"{code} {name}" for code, name in enumerate(STATE_NAMES))


def _typed(name: str, **properties: Schema) -> Schema:
    return an_object(type={"const": name}, **properties)


def _legacy(name: str, **data: Schema) -> Schema:
    return _typed(name, raffle_id=_ID, data=an_object(**data))


def _layout(description: str, *fields: tuple[str, str, str]) -> Schema:
    """A binary frame: what a schema cannot say stands in `x-layout`, in order, little-endian."""
    return {
        "type": "string",
        "format": "binary",
        "description": description,
        "x-byte-order": "little-endian",
        "x-layout": [{"name": n, "type": t, "description": d} for n, t, d in fields],
    }


_REPLY: Final[Schema] = {
    "oneOf": [
        _typed(
            "reply",
            ref=_REF,
            ok={"const": True},
            seq={**_POSITION, "description": "Where the effect is visible on the board."},
            reservation={"anyOf": [ref(messages.ReservationView), {"type": "null"}]},
        ),
        _typed("reply", ref=_REF, ok={"const": False}, error=ref(ERROR)),
    ]
}
_PONG: Final = {
    **_typed("pong", server_time=_TIME, t0={"type": ["number", "string", "null"]}),
}
_SNAPSHOT: Final = _layout(
    "The state of `count` numbers from `first_index` on; a large board comes as several, all of "
    "one seq. Version 2 (only with ?snapshot=deflate) has the cells raw-deflated.",
    ("kind", "u8", "1"),
    ("version", "u8", "1, or 2 with deflated cells"),
    ("reserved", "u16", "0"),
    ("epoch", "u32", "With seq, the position"),
    ("seq", "u64", "With epoch, the position"),
    ("first_index", "u32", "The first number"),
    ("count", "u32", "Numbers in this frame, at most 65,536"),
    ("cells", "u8[ceil(count/4)]", f"Two bits a number, lowest bits first: {STATES}"),
)
_DELTA: Final = _layout(
    "Absolute states of the numbers that changed in [seq_from, seq_to). At a position in that "
    "range: apply it, you are at seq_to. At or past seq_to: ignore it. Before, or in another "
    "epoch: resume.",
    ("kind", "u8", "2"),
    ("version", "u8", "1"),
    ("groups", "u16", "How many groups follow"),
    ("epoch", "u32", ""),
    ("seq_from", "u64", ""),
    ("seq_to", "u64", ""),
    ("group.state", "u8", STATES),
    ("group.n", "varint", "Numbers in the group (unsigned LEB128)"),
    ("group.numbers", "varint[n]", "The first index, then the gaps; ascending"),
)

SERVER_MESSAGES: Final = (
    ServerMessage(
        name="hello",
        summary="The first message; snapshots follow",
        payload=_typed(
            "hello",
            raffle=ref(messages.RaffleView),
            epoch=_POSITION,
            seq=_POSITION,
            server_time=_TIME,
        ),
    ),
    ServerMessage(name="reply", summary="The answer to the message of that ref", payload=_REPLY),
    ServerMessage(name="pong", summary="The server's time", payload=_PONG),
    ServerMessage(
        name="reservation",
        summary="News of the person's own reservation, on all of their sockets",
        payload=_typed(
            "reservation",
            reservation=ref(messages.ReservationView),
            reason={"type": "string", "examples": list(_REASONS)},
        ),
    ),
    ServerMessage(
        name="raffle",
        summary="The raffle's status or dates changed",
        payload=_typed("raffle", raffle=ref(messages.RaffleView)),
    ),
    ServerMessage(
        name="payment_methods",
        summary="The methods of payment may have changed: fetch them again",
        payload=_typed("payment_methods"),
    ),
    ServerMessage(
        name="payment",
        summary="A payment of the person moved on after its reservation had ended; fetch it",
        payload=_typed(
            "payment",
            payment_id=_ID,
            status={"type": "string", "enum": [status.value for status in PaymentStatus]},
        ),
    ),
    ServerMessage(name="snapshot", summary="The board", payload=_SNAPSHOT, binary=True),
    ServerMessage(name="delta", summary="What changed on it", payload=_DELTA, binary=True),
    ServerMessage(
        name="number_update",
        summary="A number changed; user_id only on its owner's own sockets",
        payload=_legacy(
            "number_update",
            number_id=_TEXT,
            status={"type": "string", "enum": list(STATE_NAMES)},
        ),
        wire="legacy",
    ),
    ServerMessage(
        name="reservation_expired",
        summary="A reservation's time is over",
        payload=_legacy("reservation_expired", reservation_id=_ID, number_ids=_LABELS),
        wire="legacy",
    ),
    ServerMessage(
        name="reservation_created",
        summary="A reservation was made; to its owner only",
        payload=_typed("reservation_created", raffle_id=_ID, data=ref(messages.ReservationView)),
        wire="legacy",
    ),
)


def client_messages() -> dict[str, type]:
    """What a client of v2 may say, by its `type`."""
    return {_tag(struct): struct for struct in CLIENT_MESSAGES}


def _tag(struct: type) -> str:
    info = msgspec.inspect.type_info(struct)
    assert isinstance(info, msgspec.inspect.StructType)
    return str(info.tag)
