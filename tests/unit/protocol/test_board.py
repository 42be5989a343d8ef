"""Packing, blocks, and the board that a client keeps."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import pytest

from sorteos_actors.protocol import board
from sorteos_actors.raffle.model import AVAILABLE, BLOCKED, RESERVED, SOLD

HEAD = "<BBHIQII"
"""kind, version, zero, epoch, seq, first index, count."""


def a_client(cells: bytes, *, epoch: int = 7, seq: int = 10) -> board.BoardClient:
    client = board.BoardClient()
    for frame in board.snapshots(board.pack(cells), len(cells), epoch, seq):
        client.receive(frame)
    return client


def test_four_numbers_share_a_byte_with_the_first_in_the_lowest_bits() -> None:
    assert board.pack(bytearray([1, 2, 3, 0, 2])) == bytearray([0b00_11_10_01, 0b10])


def test_a_board_without_numbers_packs_to_nothing() -> None:
    assert board.pack(b"") == bytearray()
    assert board.snapshots(bytearray(), 0, 1, 1) == []


def test_setting_a_cell_leaves_its_neighbours_alone() -> None:
    cells = bytearray([3, 3, 3, 3, 3])
    packed = board.pack(cells)
    for number, state in ((0, RESERVED), (1, AVAILABLE), (2, SOLD), (3, BLOCKED), (4, RESERVED)):
        cells[number] = state
        board.set_cell(packed, number, state)
        assert packed == board.pack(cells)


def test_a_large_board_comes_in_blocks_of_one_position() -> None:
    blocks = board.snapshots(board.pack(bytes(1_000_000)), 1_000_000, 7, 10)
    read = [board.read_snapshot(block) for block in blocks]
    assert [block.first_index for block in read] == list(range(0, 1_000_000, 65_536))
    assert {(block.epoch, block.seq) for block in read} == {(7, 10)}
    assert sum(len(block.cells) for block in read) == 1_000_000
    assert sum(map(len, blocks)) < 260_000


def test_deflated_blocks_say_the_same_in_fewer_bytes() -> None:
    cells = bytes([SOLD]) * 70_000
    packed = board.pack(cells)
    plain = board.snapshots(packed, len(cells), 7, 10)
    deflated = board.deflated_snapshots(packed, len(cells), 7, 10)
    assert [frame[1] for frame in deflated] == [2, 2]
    assert list(map(board.read_snapshot, deflated)) == list(map(board.read_snapshot, plain))
    assert sum(map(len, deflated)) * 20 < sum(map(len, plain))


def test_a_block_of_too_many_numbers_is_refused_although_its_cells_are_there() -> None:
    frame = struct.pack(HEAD, 1, 1, 0, 7, 10, 0, 65_537) + bytes(16_385)
    with pytest.raises(ValueError, match="no board has"):
        board.read_snapshot(frame)


def test_a_deflated_bomb_is_refused_before_it_fills_the_memory() -> None:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = deflate.compress(bytes(20_000_000)) + deflate.flush()
    frame = struct.pack(HEAD, 1, 2, 0, 7, 10, 0, 4) + bomb
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="snapshot"):
            board.read_snapshot(frame)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_new_client_has_nothing_and_a_snapshot_gives_it_everything() -> None:
    client = board.BoardClient()
    assert client.counts() == (0, 0, 0, 0)
    assert client.receive(board.snapshots(board.pack(bytes([0, 1, 2, 3, 2])), 5, 7, 10)[0])
    assert [client.state(number) for number in range(5)] == [0, 1, 2, 3, 2]
    assert client.counts() == (1, 1, 2, 1)
    assert (client.epoch, client.seq, client.needs_resume) == (7, 10, False)


@pytest.mark.parametrize(
    ("seq_from", "seq_to", "outcome"),
    [
        (5, 9, "ignored"),
        (5, 10, "ignored"),
        (9, 11, "applied"),
        (10, 11, "applied"),
        (11, 12, "resume"),
    ],
)
def test_a_delta_is_applied_ignored_or_missed_by_the_position_of_the_client(
    seq_from: int, seq_to: int, outcome: str
) -> None:
    client = a_client(bytes(4))
    applied = client.receive(board.delta(7, seq_from, seq_to, {2: SOLD}))
    assert applied is (outcome == "applied")
    assert client.needs_resume is (outcome == "resume")
    assert client.seq == (seq_to if applied else 10)
    assert client.state(2) == (SOLD if applied else AVAILABLE)
    assert client.changed == ({2: SOLD} if applied else {})


@pytest.mark.parametrize("epoch", [6, 8])
def test_a_delta_of_another_epoch_asks_to_resume_and_changes_nothing(epoch: int) -> None:
    client = a_client(bytes(4))
    assert not client.receive(board.delta(epoch, 10, 11, {2: SOLD}))
    assert client.needs_resume
    assert (client.epoch, client.seq, client.state(2)) == (7, 10, AVAILABLE)


def test_a_client_that_missed_something_is_whole_again_after_the_missing_deltas() -> None:
    client = a_client(bytes(4))
    assert not client.receive(board.delta(7, 11, 12, {0: SOLD}))
    assert client.receive(board.delta(7, 10, 12, {0: SOLD, 1: RESERVED}))
    assert not client.needs_resume
    assert bytes(client.cells) == bytes([SOLD, RESERVED, 0, 0])


def test_a_client_that_missed_something_is_whole_again_after_a_snapshot() -> None:
    client = a_client(bytes(4))
    client.receive(board.delta(8, 1, 2, {0: SOLD}))
    assert client.receive(board.snapshots(board.pack(bytes([0, 0, 0, SOLD])), 4, 8, 2)[0])
    assert not client.needs_resume
    assert (client.epoch, client.seq, client.changed) == (8, 2, {})


def test_a_delta_beyond_the_board_is_refused_and_nothing_of_it_is_applied() -> None:
    client = a_client(bytes(4))
    with pytest.raises(ValueError, match="beyond the board"):
        client.receive(board.delta(7, 10, 11, {0: SOLD, 4: SOLD}))
    assert (bytes(client.cells), client.seq) == (bytes(4), 10)


@pytest.mark.parametrize("data", [b"", b"\0", b"\3" + bytes(40), b"{}"])
def test_a_client_refuses_what_is_neither_a_snapshot_nor_a_delta(data: bytes) -> None:
    with pytest.raises(ValueError, match="neither"):
        board.BoardClient().receive(data)
