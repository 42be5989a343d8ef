"""For all bytes and all boards: nothing but `BadMessage`, and what was written is what is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sorteos_actors.protocol import board, messages
from sorteos_actors.protocol.decode import MAX_INTEGER, BadMessage, decode, decode_body
from sorteos_actors.protocol.timestamps import parse_rfc3339, rfc3339
from sorteos_actors.protocol.websocket_frames import binary_frame

EPOCHS = st.integers(0, 2**32 - 1)
SEQS = st.integers(0, 2**64 - 2)
STATES = st.integers(0, 3)
CELLS = st.binary(min_size=1, max_size=300).map(lambda raw: bytes(byte & 3 for byte in raw))
CHANGES = st.dictionaries(st.integers(0, 999_999), STATES, max_size=60)
TIMES = st.integers(-62_135_596_800_000, 253_402_300_799_999)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(), max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
TEXT = st.text(max_size=16).filter(lambda text: "\0" not in text)
LABELS = st.lists(TEXT, min_size=1, max_size=5)
REFS = TEXT | st.integers(-MAX_INTEGER, MAX_INTEGER)
IDS = st.uuids()
MESSAGES: st.SearchStrategy[messages.ClientMessage] = st.one_of(
    st.builds(messages.Auth, REFS, TEXT),
    st.builds(messages.Reserve, REFS, IDS, LABELS),
    st.builds(
        messages.QuickPick,
        REFS,
        IDS,
        st.integers(1, 100),
        st.none() | st.builds(messages.Filter, TEXT, TEXT, TEXT),
    ),
    st.builds(messages.Add, REFS, IDS, LABELS),
    st.builds(messages.Remove, REFS, IDS, LABELS),
    st.builds(messages.Swap, REFS, IDS, LABELS, LABELS),
    st.builds(messages.Cancel, REFS, IDS),
    st.builds(messages.Checkout, REFS, IDS),
    st.builds(messages.Extend, REFS, IDS, TIMES.map(rfc3339)),
    st.builds(messages.Resume, REFS, st.integers(0, MAX_INTEGER), st.integers(0, MAX_INTEGER)),
    st.builds(
        messages.Ping,
        st.none()
        | st.integers(-MAX_INTEGER, MAX_INTEGER)
        | st.floats(allow_nan=False, allow_infinity=False)
        | TEXT,
        st.none() | REFS,
    ),
)
BODIES = (
    messages.GuestBody,
    messages.ContactBody,
    messages.RaffleBody,
    messages.ReservationBody,
    messages.AddNumberBody,
    messages.ExtendBody,
)


def refusal_of(read: Callable[[], object]) -> BadMessage | None:
    """The `BadMessage` of a door, if it was one; anything else that is raised fails the test."""
    try:
        read()
    except BadMessage as error:
        return error
    return None


def only_bad_messages(data: str | bytes) -> None:
    """The same bytes at every door: a value, or a refusal that can itself be sent."""
    error = refusal_of(lambda: decode(data))
    if error is not None:
        error.reason.encode()
        assert error.ref is None or type(error.ref) in (int, str)
    raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    for body in BODIES:
        error = refusal_of(partial(decode_body, raw, body))
        assert error is None or error.ref is None


@given(MESSAGES)
def test_every_message_survives_the_wire(message: messages.ClientMessage) -> None:
    said = msgspec.json.encode(message)
    assert decode(said) == message
    assert decode(said.decode()) == message
    assert decode(json.dumps(json.loads(said), indent=2)) == message


@given(st.binary(max_size=200))
@example(b"[" * 16_384)
@example(b'{"a":' * 3_000)
@example(b'{"type":"ping","t0":' + b"9" * 5_000 + b"}")
def test_no_bytes_raise_anything_but_a_bad_message(data: bytes) -> None:
    only_bad_messages(data)


@given(st.text(st.characters(), max_size=200))
def test_no_text_raises_anything_but_a_bad_message(data: str) -> None:
    only_bad_messages(data)


@given(JSON)
def test_no_json_raises_anything_but_a_bad_message(value: object) -> None:
    only_bad_messages(json.dumps(value))


@given(MESSAGES, st.data())
def test_no_message_with_a_field_changed_raises_anything_but_a_bad_message(
    message: messages.ClientMessage, data: st.DataObject
) -> None:
    value: dict[str, Any] = json.loads(msgspec.json.encode(message))
    value[data.draw(st.sampled_from(sorted(value)))] = data.draw(JSON)
    only_bad_messages(json.dumps(value))


@given(MESSAGES, st.data())
def test_no_message_with_bytes_changed_raises_anything_but_a_bad_message(
    message: messages.ClientMessage, data: st.DataObject
) -> None:
    raw = bytearray(msgspec.json.encode(message))
    start = data.draw(st.integers(0, len(raw)))
    raw[start : start + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    only_bad_messages(bytes(raw))


@given(TIMES)
def test_every_time_reads_back(at: int) -> None:
    assert parse_rfc3339(rfc3339(at)) == at


@given(st.text(max_size=40))
def test_no_text_makes_a_time_raise_anything_but_value_error(text: str) -> None:
    try:
        rfc3339(parse_rfc3339(text))
    except ValueError:
        return


@given(CELLS)
def test_packing_is_what_the_contract_says_number_by_number(cells: bytes) -> None:
    packed = board.pack(cells)
    assert len(packed) == -(-len(cells) // 4)
    assert [packed[n // 4] >> 2 * (n % 4) & 3 for n in range(len(cells))] == list(cells)
    assert board.unpack(packed, len(cells)) == cells


@given(CELLS, st.data())
def test_a_cell_set_is_a_board_packed_anew(cells: bytes, data: st.DataObject) -> None:
    number, state = data.draw(st.integers(0, len(cells) - 1)), data.draw(STATES)
    packed = board.pack(cells)
    board.set_cell(packed, number, state)
    assert packed == board.pack(cells[:number] + bytes([state]) + cells[number + 1 :])


@given(CELLS, EPOCHS, SEQS, st.booleans())
def test_a_snapshot_reads_back(cells: bytes, epoch: int, seq: int, deflated: bool) -> None:
    build = board.deflated_snapshots if deflated else board.snapshots
    (frame,) = build(board.pack(cells), len(cells), epoch, seq)
    assert board.read_snapshot(frame) == board.Snapshot(epoch, seq, 0, cells)


@given(EPOCHS, SEQS, st.data(), CHANGES)
def test_a_delta_reads_back(
    epoch: int, seq_from: int, data: st.DataObject, changes: dict[int, int]
) -> None:
    seq_to = data.draw(st.integers(seq_from + 1, 2**64 - 1))
    read = board.read_delta(board.delta(epoch, seq_from, seq_to, changes))
    assert read == board.Delta(epoch, seq_from, seq_to, changes)


@pytest.mark.parametrize("kind", [b"", b"\1", b"\2", b"\1\1\0\0", b"\1\2\0\0", b"\2\1\1\0"])
@given(st.binary(max_size=60))
def test_no_bytes_make_a_client_raise_anything_but_value_error(kind: bytes, rest: bytes) -> None:
    client = board.BoardClient()
    try:
        client.receive(kind + rest)
    except ValueError:
        assert client.cells == b""


@given(CHANGES.filter(bool), st.data())
def test_there_is_one_way_to_write_a_delta(changes: dict[int, int], data: st.DataObject) -> None:
    raw = bytearray(board.delta(7, 1, 2, changes))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = board.read_delta(bytes(raw))
    except ValueError:
        return
    assert board.delta(read.epoch, read.seq_from, read.seq_to, read.changes) == raw


@given(st.lists(st.dictionaries(st.integers(0, 39), STATES, max_size=5), max_size=20), st.data())
def test_a_client_that_resumes_when_told_always_ends_with_the_truth(
    steps: list[dict[int, int]], data: st.DataObject
) -> None:
    truth = bytearray(40)
    client = board.BoardClient()

    def snapshot(seq: int) -> None:
        for frame in board.snapshots(board.pack(truth), len(truth), 7, seq):
            client.receive(frame)

    snapshot(0)
    sent: list[bytes] = []
    for seq, changes in enumerate(steps):
        for number, state in changes.items():
            truth[number] = state
        sent.append(board.delta(7, seq, seq + 1, changes))
        fate = data.draw(st.sampled_from(["arrives", "is lost", "comes twice", "an old one comes"]))
        if fate != "is lost":
            client.receive(sent[-1])
        if fate == "comes twice":
            client.receive(sent[-1])
        if fate == "an old one comes":
            client.receive(data.draw(st.sampled_from(sent)))
        if client.needs_resume:
            for missing in sent[client.seq :]:
                client.receive(missing)
            assert not client.needs_resume
        if client.seq == seq + 1:
            assert client.cells == truth
    for missing in sent[client.seq :]:
        client.receive(missing)
    assert (client.cells, client.seq) == (truth, len(steps))


@given(st.integers(0, 70_000))
def test_the_length_of_a_frame_is_the_one_it_says(size: int) -> None:
    frame = binary_frame(bytes(size))
    wide = {126: 2, 127: 8}.get(frame[1], 0)
    said = int.from_bytes(frame[2 : 2 + wide], "big") if wide else frame[1]
    assert said == size == len(frame) - 2 - wide
