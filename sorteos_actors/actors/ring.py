"""The last deltas of a feed, encoded: what a viewer missed is one lookup, shared by all who missed it.

Bounded in number and in bytes. What it has forgotten, only a snapshot can tell.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec

MOST_DELTAS: Final = 2048
MOST_BYTES: Final = 1 << 20


class Delta(msgspec.Struct, frozen=True):
    """One tick: its range of positions, and its bytes for each of the two wires."""

    seq_from: int
    seq_to: int
    frames: bytes
    legacy_frames: bytes


class Ring:
    """Deltas without a gap, from `oldest_seq` to `head_seq`."""

    def __init__(self, head_seq: int) -> None:
        self.head_seq = head_seq
        self._deltas: deque[Delta] = deque()
        self._bytes = 0
        self._suffixes: dict[tuple[int, bool], tuple[bytes, ...] | None] = {}

    @property
    def oldest_seq(self) -> int:
        """The earliest position from which the head can be reached."""
        return self._deltas[0].seq_from if self._deltas else self.head_seq

    def append(self, delta: Delta) -> None:
        """Move the head, and forget the oldest deltas beyond the bounds."""
        self._deltas.append(delta)
        self._bytes += _size(delta)
        self._suffixes.clear()
        self.head_seq = delta.seq_to
        while len(self._deltas) > MOST_DELTAS or self._bytes > MOST_BYTES:
            self.forget_oldest()

    def forget_oldest(self) -> None:
        """Drop one delta."""
        self._bytes -= _size(self._deltas.popleft())
        self._suffixes.clear()

    def after(self, seq: int, *, is_legacy: bool) -> tuple[bytes, ...] | None:
        """Every frame after `seq`, the same object for all who ask; None when it is forgotten."""
        key = (seq, is_legacy)
        if key not in self._suffixes:
            self._suffixes[key] = self._build(seq, is_legacy)
        return self._suffixes[key]

    def _build(self, seq: int, is_legacy: bool) -> tuple[bytes, ...] | None:
        if seq < self.oldest_seq:
            return None
        newer: list[bytes] = []
        for delta in reversed(self._deltas):
            if delta.seq_to <= seq:
                break
            newer.append(delta.legacy_frames if is_legacy else delta.frames)
        newer.reverse()
        return (newer[0],) if len(newer) == 1 else (b"".join(newer),)


def _size(delta: Delta) -> int:
    return len(delta.frames) + len(delta.legacy_frames)
