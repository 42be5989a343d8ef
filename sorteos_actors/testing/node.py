"""A node without sockets: the real registry, actors and feeds on a store of your choice.

Callers use `node.registry.call`; viewers are `Viewer`s, sinks that parse what they are sent as a
client would, and can be told to stall.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import trio

from sorteos_actors.actors.alone import LoneBus, LoneLease, LonePeers
from sorteos_actors.actors.audience import Subscriber
from sorteos_actors.actors.outage import OutageMeter
from sorteos_actors.actors.registry import Registry
from sorteos_actors.actors.supervisor import World
from sorteos_actors.clock import ServerClock
from sorteos_actors.ports import Bus, Clock, Lease, Owner, Peers, RaffleStore
from sorteos_actors.protocol.board import BoardClient
from sorteos_actors.protocol.close_codes import CloseCode


class SimulatedNode(msgspec.Struct, frozen=True):
    """The parts of a running node."""

    registry: Registry
    world: World
    clock: Clock


@asynccontextmanager
async def open_node(
    store: RaffleStore,
    *,
    lease: Lease | None = None,
    bus: Bus | None = None,
    peers: Peers | None = None,
    mailbox_capacity: int = 2048,
    idle_seconds: float = 300.0,
) -> AsyncIterator[SimulatedNode]:
    """Run a node until the block ends; then it is gone at once, as if killed."""
    clock = ServerClock()
    world = World(
        store=store,
        clock=clock,
        lease=lease or LoneLease(),
        bus=bus or LoneBus(),
        peers=peers or LonePeers(Owner("simulated", "")),
        outage=OutageMeter(clock),
        mailbox_capacity=mailbox_capacity,
        idle_seconds=idle_seconds,
    )
    async with trio.open_nursery() as nursery:
        registry = Registry(world)
        await nursery.start(registry.run)
        yield SimulatedNode(registry, world, clock)
        nursery.cancel_scope.cancel()


class Viewer:
    """A sink that keeps what it was sent: the board as a client sees it, and every message."""

    def __init__(self, *, is_legacy: bool = False) -> None:
        self.board = BoardClient()
        self.texts: list[dict[str, object]] = []
        self.deltas = 0
        self.snapshots = 0
        self.closed_with: CloseCode | None = None
        self.is_stalled = False
        self.blocked_since: float | None = None
        self.subscriber = Subscriber(self, is_legacy=is_legacy)

    def stall(self) -> None:
        """Stop reading, as a phone in a tunnel does."""
        self.is_stalled = True
        self.blocked_since = trio.current_time()

    def go_on(self) -> None:
        """Read again. The feed must be told with `drained`."""
        self.is_stalled = False
        self.blocked_since = None

    def offer(self, frames: Sequence[bytes]) -> bool:
        """Take frames, unless stalled."""
        if self.is_stalled:
            return False
        for frame in frames:
            self._read(frame)
        return True

    def push(self, frame: bytes) -> None:
        """Take a frame in any case."""
        self._read(frame)

    def close(self, code: CloseCode) -> None:
        """Note the code."""
        self.closed_with = code

    def _read(self, data: bytes) -> None:
        """Parse one or more server frames (RFC 6455, unmasked, unfragmented)."""
        while data:
            opcode, size, start = data[0] & 0x0F, data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4], "big"), 4
            elif size == 127:
                size, start = int.from_bytes(data[2:10], "big"), 10
            payload, data = data[start : start + size], data[start + size :]
            if opcode == 1:
                self.texts.append(msgspec.json.decode(payload))
                continue
            kind = payload[0]
            self.snapshots += kind == 1
            self.deltas += kind == 2
            self.board.receive(payload)
