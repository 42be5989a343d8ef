"""The board on the wire: snapshots (two bits a number) and deltas (states by varint gaps).

    snapshot: u8 1, u8 version, u16 0, u32 epoch, u64 seq, u32 first_index, u32 count, cells
    delta:    u8 2, u8 1, u16 groups, u32 epoch, u64 seq_from, u64 seq_to,
              per group: u8 state, varint n, n varints (first index, then gaps)

Little-endian; varints are unsigned LEB128. Version 2 of a snapshot has its cells raw-deflated.
States are absolute, so a delta may be applied by everybody whose position lies in
[seq_from, seq_to). Who reads is strict: there is exactly one way to write a delta.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Final

import msgspec

from sorteos_actors.raffle.model import MAX_NUMBER_COUNT

SNAPSHOT_KIND: Final = 1
DELTA_KIND: Final = 2
BLOCK_NUMBERS: Final = 65_536
_SNAPSHOT_HEAD: Final = struct.Struct("<BBHIQII")
_DELTA_HEAD: Final = struct.Struct("<BBHIQQ")
_SPREAD: Final = tuple(bytes((byte >> shift) & 3 for byte in range(256)) for shift in (0, 2, 4, 6))


# -- packing: never a loop over numbers in Python --------------------------------------------------


def pack(board: bytearray | bytes) -> bytearray:
    """One byte a number to two bits a number, lowest bits first."""
    size = -(-len(board) // 4)
    packed = 0
    for lane in range(4):
        cells = bytes(board[lane::4]).ljust(size, b"\0")
        packed |= int.from_bytes(cells, "little") << (2 * lane)
    return bytearray(packed.to_bytes(size, "little"))


def unpack(packed: bytearray | bytes, count: int) -> bytes:
    """Two bits a number to one byte a number."""
    cells = bytearray(len(packed) * 4)
    for lane in range(4):
        cells[lane::4] = bytes(packed).translate(_SPREAD[lane])
    return bytes(cells[:count])


def set_cell(packed: bytearray, number: int, state: int) -> None:
    """Change one number in a packed board."""
    index, shift = number >> 2, (number & 3) << 1
    packed[index] = packed[index] & ~(3 << shift) | state << shift


# -- the server's side -----------------------------------------------------------------------------


def snapshots(packed: bytearray, number_count: int, epoch: int, seq: int) -> list[bytes]:
    """The board in blocks of at most 65,536 numbers, all of one position."""
    return _blocks(packed, number_count, epoch, seq, deflated=False)


def deflated_snapshots(packed: bytearray, number_count: int, epoch: int, seq: int) -> list[bytes]:
    """As `snapshots`, in version 2: the cells are raw-deflated."""
    return _blocks(packed, number_count, epoch, seq, deflated=True)


def delta(epoch: int, seq_from: int, seq_to: int, changes: Mapping[int, int]) -> bytes:
    """The states of the changed numbers, grouped by state, in ascending order."""
    groups: dict[int, list[int]] = {}
    for number, state in changes.items():
        groups.setdefault(state, []).append(number)
    out = bytearray(_DELTA_HEAD.pack(DELTA_KIND, 1, len(groups), epoch, seq_from, seq_to))
    for state in sorted(groups):
        numbers = sorted(groups[state])
        out.append(state)
        _put_varint(out, len(numbers))
        previous = 0
        for number in numbers:
            _put_varint(out, number - previous)
            previous = number
    return bytes(out)


def _blocks(
    packed: bytearray, number_count: int, epoch: int, seq: int, *, deflated: bool
) -> list[bytes]:
    blocks = []
    for first in range(0, number_count, BLOCK_NUMBERS):
        count = min(BLOCK_NUMBERS, number_count - first)
        cells = bytes(packed[first // 4 : (first + count + 3) // 4])
        if deflated:
            compressor = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
            cells = compressor.compress(cells) + compressor.flush()
        version = 2 if deflated else 1
        head = _SNAPSHOT_HEAD.pack(SNAPSHOT_KIND, version, 0, epoch, seq, first, count)
        blocks.append(head + cells)
    return blocks


def _put_varint(out: bytearray, value: int) -> None:
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


# -- the client's side -----------------------------------------------------------------------------


class Snapshot(msgspec.Struct, frozen=True):
    """A block of the board; `cells` has one byte a number."""

    epoch: int
    seq: int
    first_index: int
    cells: bytes


class Delta(msgspec.Struct, frozen=True):
    """Changed numbers and their states."""

    epoch: int
    seq_from: int
    seq_to: int
    changes: dict[int, int]


def read_snapshot(data: bytes) -> Snapshot:
    """Raises `ValueError` for anything that is not exactly one snapshot."""
    if len(data) < _SNAPSHOT_HEAD.size:
        raise ValueError("a snapshot is too short")
    kind, version, zero, epoch, seq, first, count = _SNAPSHOT_HEAD.unpack_from(data)
    if kind != SNAPSHOT_KIND or version not in (1, 2) or zero:
        raise ValueError("not a snapshot")
    if first % BLOCK_NUMBERS or not 0 < count <= BLOCK_NUMBERS or first + count > MAX_NUMBER_COUNT:
        raise ValueError("a snapshot of numbers that no board has")
    cells, size = data[_SNAPSHOT_HEAD.size :], -(-count // 4)
    if version == 2:
        cells = _inflate(cells, size)
    if len(cells) != size:
        raise ValueError("a snapshot has the wrong size")
    if count & 3 and cells[-1] >> 2 * (count & 3):
        raise ValueError("a snapshot has cells beyond its end")
    return Snapshot(epoch, seq, first, unpack(cells, count))


def read_delta(data: bytes) -> Delta:
    """Raises `ValueError` for anything that is not exactly one delta."""
    if len(data) < _DELTA_HEAD.size:
        raise ValueError("a delta is too short")
    kind, version, groups, epoch, seq_from, seq_to = _DELTA_HEAD.unpack_from(data)
    if kind != DELTA_KIND or version != 1 or seq_to <= seq_from:
        raise ValueError("not a delta")
    changes: dict[int, int] = {}
    at, last_state, named = _DELTA_HEAD.size, -1, 0
    for _ in range(groups):
        if at >= len(data) or not last_state < data[at] <= 3:
            raise ValueError("a delta has no such group")
        last_state = data[at]
        count, at = _take_varint(data, at + 1)
        if not count:
            raise ValueError("a delta has an empty group")
        number = 0
        for _ in range(count):
            gap, at = _take_varint(data, at)
            number += gap
            if number >= MAX_NUMBER_COUNT:
                raise ValueError("a delta names a number that no board has")
            changes[number] = last_state
        named += count
    if at != len(data) or len(changes) != named:
        raise ValueError("a delta has bytes left over, or names a number twice")
    return Delta(epoch, seq_from, seq_to, changes)


def _inflate(deflated: bytes, size: int) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        cells = inflater.decompress(deflated, size + 1)  # Never more: a bomb stays small.
    except zlib.error as error:
        raise ValueError("a snapshot does not inflate") from error
    if not inflater.eof or inflater.unused_data:
        raise ValueError("a snapshot does not inflate to its end")
    return cells


def _take_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 21:  # Three bytes reach beyond the largest board.
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if shift and not byte:
                raise ValueError("a varint is longer than it needs to be")
            return value, at
        shift += 7
    raise ValueError("a varint does not end")


class BoardClient:
    """A board as a client keeps it, with the position rules of the contract.

    A delta from the future, or of another epoch, is left out and sets `needs_resume`, until a
    snapshot or the missing deltas arrive.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.seq = 0
        self.cells = bytearray()
        self.needs_resume = False
        self.changed: dict[int, int] = {}
        """What the last frame changed: numbers and their new states; after a snapshot, nothing."""

    def state(self, number: int) -> int:
        """A number's state: 0 available, 1 reserved, 2 sold, 3 blocked."""
        return self.cells[number]

    def counts(self) -> tuple[int, int, int, int]:
        """How many numbers are in each state."""
        count = self.cells.count
        return count(b"\0"), count(b"\1"), count(b"\2"), count(b"\3")

    def receive(self, data: bytes) -> bool:
        """Take a binary message. True when the board changed or moved.

        Raises `ValueError` for bytes that are no frame of this board, which changes nothing.
        """
        if data[:1] == b"\x01":
            return self._take_snapshot(read_snapshot(data))
        if data[:1] == b"\x02":
            return self._take_delta(read_delta(data))
        raise ValueError("neither a snapshot nor a delta")

    def _take_snapshot(self, snapshot: Snapshot) -> bool:
        end = snapshot.first_index + len(snapshot.cells)
        if len(self.cells) < end:
            self.cells.extend(bytes(end - len(self.cells)))
        self.cells[snapshot.first_index : end] = snapshot.cells
        self.epoch, self.seq = snapshot.epoch, snapshot.seq
        self.needs_resume = False
        self.changed = {}
        return True

    def _take_delta(self, delta: Delta) -> bool:
        if delta.epoch != self.epoch or self.seq < delta.seq_from:
            self.needs_resume = True
            self.changed = {}
            return False
        if self.seq >= delta.seq_to:
            self.changed = {}
            return False
        if any(number >= len(self.cells) for number in delta.changes):
            raise ValueError("a delta names a number beyond the board")
        for number, state in delta.changes.items():
            self.cells[number] = state
        self.seq = delta.seq_to
        self.needs_resume = False
        self.changed = delta.changes
        return True
