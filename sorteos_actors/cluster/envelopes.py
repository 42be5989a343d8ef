"""What nodes say to each other, as bytes and back. Pure.

Messages for one node travel together, as many as one turn of the loop brings. What cannot be read is
dropped by the reader: everything here may be lost anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from sorteos_actors.ports import FeedUpdate, Moved, Notice, Owner, Reply
from sorteos_actors.raffle import Command, Millis, Rejection

T = TypeVar("T")
RequestId = int


class Ask(msgspec.Struct, frozen=True, tag=1, array_like=True):
    """Decide this command. After `until`, in PostgreSQL's time, nobody waits for the answer."""

    id: RequestId
    origin: str
    raffle_id: UUID
    command: Command
    who: UUID | None
    until: Millis


class Told(msgspec.Struct, frozen=True, tag=2, array_like=True):
    """The answer to an `Ask`."""

    id: RequestId
    answer: Reply | Rejection | Moved


class Prepare(msgspec.Struct, frozen=True, tag=3, array_like=True):
    """Load this raffle: it will be yours."""

    id: RequestId
    origin: str
    raffle_id: UUID


class Prepared(msgspec.Struct, frozen=True, tag=4, array_like=True):
    """The answer to a `Prepare`."""

    id: RequestId
    is_ready: bool


class Give(msgspec.Struct, frozen=True, tag=5, array_like=True):
    """This raffle's lease is yours."""

    raffle_id: UUID


class Count(msgspec.Struct, frozen=True, tag=6, array_like=True):
    """How many sockets watch what at your place?"""

    id: RequestId
    origin: str


class Counted(msgspec.Struct, frozen=True, tag=7, array_like=True):
    """The answer to a `Count`."""

    id: RequestId
    node: str
    connections: Mapping[UUID, int]


Message = Ask | Told | Prepare | Prepared | Give | Count | Counted


class Presence(msgspec.Struct, frozen=True, array_like=True):
    """I am here: said by every node about once a second."""

    owner: Owner
    raffles: int
    sockets: int
    is_leaving: bool


class Spread(msgspec.Struct, frozen=True, array_like=True):
    """Something for the pages of every node but the one that says it."""

    origin: str
    notice: Notice


class Unreadable(ValueError):
    """Bytes that are no message of this version."""


_ENCODER: Final = msgspec.msgpack.Encoder(uuid_format="bytes")
_MESSAGES: Final = msgspec.msgpack.Decoder(list[Message])
_UPDATE: Final = msgspec.msgpack.Decoder(FeedUpdate)
_PRESENCE: Final = msgspec.msgpack.Decoder(Presence)
_SPREAD: Final = msgspec.msgpack.Decoder(Spread)
_ASK: Final = msgspec.msgpack.Decoder(Ask)
_TOLD: Final = msgspec.msgpack.Decoder(Told)


def pack(value: Sequence[Message] | Message | FeedUpdate | Presence | Spread) -> bytes:
    """The bytes of messages, or of something that is said to everybody."""
    return _ENCODER.encode(value)


def read_messages(data: bytes) -> list[Message]:
    """What was packed as a list. Raises `Unreadable`."""
    return _read(_MESSAGES, data)


def read_update(data: bytes) -> FeedUpdate:
    """An owner's update. Raises `Unreadable`."""
    return _read(_UPDATE, data)


def read_presence(data: bytes) -> Presence:
    """A node's presence. Raises `Unreadable`."""
    return _read(_PRESENCE, data)


def read_spread(data: bytes) -> Spread:
    """Something for everybody's pages. Raises `Unreadable`."""
    return _read(_SPREAD, data)


def read_ask(data: bytes) -> Ask:
    """One question alone. Raises `Unreadable`."""
    return _read(_ASK, data)


def read_told(data: bytes) -> Told:
    """One answer alone. Raises `Unreadable`."""
    return _read(_TOLD, data)


def _read(decoder: msgspec.msgpack.Decoder[T], data: bytes) -> T:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:  # The last: nested too deep.
        raise Unreadable(str(error)) from error
