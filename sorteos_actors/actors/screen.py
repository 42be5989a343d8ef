"""The public picture of a raffle on one node: its board, packed, at the newest position we know.

Snapshots are built once per position and shared by everybody who asks.
"""

from __future__ import annotations

from collections.abc import Mapping

import trio
from msgspec.structs import replace

from sorteos_actors.protocol import board as board_codec
from sorteos_actors.protocol.websocket_frames import binary_frame
from sorteos_actors.raffle import RaffleStatus, RaffleSummary

SNAPSHOT_SECONDS = 0.25


class Snapshot:
    """The whole board at one position, ready for the wire."""

    __slots__ = ("blocks", "built_at", "frames", "seq")

    def __init__(self, seq: int, built_at: float, blocks: list[bytes]) -> None:
        self.seq = seq
        self.built_at = built_at
        self.blocks = blocks
        self.frames = [binary_frame(block) for block in blocks]


class Screen:
    """Board and summary, at one position."""

    def __init__(self, summary: RaffleSummary, board: bytearray | bytes) -> None:
        self.summary = summary
        self._packed = board_codec.pack(board)
        self._snapshots: dict[bool, Snapshot] = {}

    def show(self, summary: RaffleSummary, changes: Mapping[int, int]) -> None:
        """Move on: some numbers have new states."""
        self.summary = summary
        for number, state in changes.items():
            board_codec.set_cell(self._packed, number, state)

    def show_status(self, status: RaffleStatus) -> None:
        """The raffle's status became known from elsewhere."""
        self.summary = replace(self.summary, status=status)

    def states(self) -> bytes:
        """The state of every number, one byte each."""
        return board_codec.unpack(self._packed, self.summary.terms.number_count)

    def snapshot(self, *, deflate: bool, not_before: int | None = None) -> Snapshot:
        """A snapshot of this position.

        With `not_before`, one that is a moment old will do, if it is of that position or a later one:
        who joins can catch up. A storm of joiners on a hot board then costs one snapshot for each
        `SNAPSHOT_SECONDS`, not one each.
        """
        summary, now = self.summary, trio.current_time()
        known = self._snapshots.get(deflate)
        if known is not None and (
            known.seq == summary.seq
            or (
                not_before is not None
                and known.seq >= not_before
                and now - known.built_at < SNAPSHOT_SECONDS
            )
        ):
            return known
        build = board_codec.deflated_snapshots if deflate else board_codec.snapshots
        blocks = build(self._packed, summary.terms.number_count, summary.epoch, summary.seq)
        self._snapshots[deflate] = fresh = Snapshot(summary.seq, now, blocks)
        return fresh
