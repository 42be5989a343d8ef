"""What nodes say to each other comes back as it was, and garbage is nothing but `Unreadable`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorteos_actors.cluster.envelopes import (
    Ask,
    Count,
    Counted,
    Give,
    Message,
    Prepare,
    Presence,
    Spread,
    Told,
    Unreadable,
    pack,
    read_ask,
    read_messages,
    read_presence,
    read_spread,
    read_told,
    read_update,
)
from sorteos_actors.ports import FeedUpdate, Moved, Owner
from sorteos_actors.raffle import Command, RaffleStatus, Rejection, RejectionCode
from tests.unit.cluster.values import of

READERS: list[Callable[[bytes], Any]] = [
    read_messages,
    read_update,
    read_presence,
    read_spread,
    read_ask,
    read_told,
]
every_reader = pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)


@given(st.lists(of(Message), max_size=3))
def test_messages_come_back_as_they_were(messages: list[Message]) -> None:
    assert read_messages(pack(messages)) == messages


@pytest.mark.parametrize("kind", get_args(Command), ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_command_can_be_asked_of_another_node(kind: type, data: st.DataObject) -> None:
    ask = Ask(1, "ana", UUID(int=1), data.draw(of(kind)), None, 2000)
    assert read_messages(pack([ask])) == [ask]
    assert read_ask(pack(ask)) == ask


@pytest.mark.parametrize(
    "answer",
    [
        Rejection(RejectionCode.NUMBERS_TAKEN, {"numbers": ["01", "02"]}),
        Rejection(RejectionCode.UNAVAILABLE),
        Moved(None),
        Moved(Owner("ana", "http://ana", 7)),
    ],
)
def test_an_answer_alone_comes_back_as_it_was(answer: Rejection | Moved) -> None:
    told = Told(7, answer)
    assert type(read_told(pack(told)).answer) is type(answer)
    assert msgspec.json.encode(read_told(pack(told))) == msgspec.json.encode(told)


@given(of(FeedUpdate))
def test_an_update_comes_back_as_it_was(update: FeedUpdate) -> None:
    assert msgspec.to_builtins(read_update(pack(update))) == msgspec.to_builtins(update)


@given(of(Presence))
def test_a_presence_comes_back_as_it_was(presence: Presence) -> None:
    assert read_presence(pack(presence)) == presence


@given(of(Spread))
def test_what_is_for_all_pages_comes_back_as_it_was(said: Spread) -> None:
    assert read_spread(pack(said)) == said


def test_the_frames_of_an_update_travel_untouched() -> None:
    frames = bytes(range(256)) * 400
    update = FeedUpdate(1, 2, 3, RaffleStatus.ACTIVE, 4, 5, frames, {1: 2}, [], [], 6)
    packed = pack(update)
    assert frames in packed
    assert len(packed) < len(frames) + 100
    assert read_update(packed).frames == frames


@every_reader
@given(garbage=st.binary(max_size=200))
def test_bytes_of_nobody_are_unreadable_or_read(
    read: Callable[[bytes], Any], garbage: bytes
) -> None:
    with contextlib.suppress(Unreadable):
        read(garbage)


@every_reader
@given(message=of(Message | Presence | FeedUpdate), data=st.data())
def test_messages_that_were_cut_or_changed_are_unreadable_or_read(
    read: Callable[[bytes], Any], message: Message, data: st.DataObject
) -> None:
    packed = bytearray(pack(data.draw(st.sampled_from([message, [message]]))))
    where = data.draw(st.integers(0, len(packed) - 1))
    if data.draw(st.booleans()):
        del packed[where:]
    else:
        packed[where] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Unreadable):
        read(bytes(packed))


@every_reader
@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\xc1",
        b"\xc0",
        b"\x90" + b"\x00",
        b"\xdd\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b'{"type": "ask"}',
        msgspec.msgpack.encode([[99, 1, 2, 3]]),
        msgspec.msgpack.encode([[1, "not a number", "ana", b"short", None, None, 1]]),
        b"\x91" * 100_000,
        b"\x91" + b"\x98\x01" + b"\x91" * 100_000,
        b"\x81\xa1x" * 50_000,
    ],
    ids=lambda garbage: repr(garbage[:16]),
)
def test_garbage_is_unreadable(read: Callable[[bytes], Any], garbage: bytes) -> None:
    with pytest.raises(Unreadable):
        read(garbage)


@pytest.mark.parametrize("opening", [b"\x91", b"\x81\xa1x"], ids=["lists", "maps"])
def test_what_is_nested_too_deep_is_unreadable(opening: bytes) -> None:
    count_and_more = b"\x91\x94\x06\x08\xa3ana"
    with pytest.raises(Unreadable):
        read_messages(count_and_more + opening * 100_000 + b"\x01")


def test_one_bad_message_makes_its_bundle_unreadable() -> None:
    good = Count(1, "ana")
    packed = msgspec.msgpack.encode([good, [99, 1]])
    with pytest.raises(Unreadable):
        read_messages(packed)


def test_a_newer_version_may_add_fields_at_the_end() -> None:
    newer = msgspec.msgpack.encode([[3, 7, "ana", UUID(int=1).bytes, "new"], [6, 8, "ana", {}]])
    assert read_messages(newer) == [Prepare(7, "ana", UUID(int=1)), Count(8, "ana")]


def test_counts_are_by_raffle() -> None:
    counted = Counted(1, "ana", {UUID(int=1): 3, UUID(int=2): 0})
    assert read_messages(pack([counted, Give(UUID(int=3))])) == [counted, Give(UUID(int=3))]
