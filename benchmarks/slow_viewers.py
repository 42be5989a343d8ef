"""Slow viewers: do the others notice when 5 % of 1,000 stop reading?"""

from __future__ import annotations

import time
from typing import Final

from benchmarks import buyers, wire
from benchmarks.figures import Figure, Result, percentile
from benchmarks.servers import Server, Stage, socket_path
from benchmarks.swarm import Swarm

VIEWERS: Final = 1000
ASLEEP: Final = 50
NUMBERS: Final = 200_000
"""A board of 50 KB: a sleeper's first snapshot already is more than the kernel takes for it."""
RECEIVE_BUFFER: Final = 4096
PAUSE_SECONDS: Final = 0.06
"""Longer than a tick: each change goes out at once, and what is timed is the walk, not the tick."""
_NUMBERS_EACH: Final = 10


class Watched:
    """What one phase has shown. Times in milliseconds, memory in bytes."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self.growth = 0


def run(stage: Stage) -> Result:
    """None stopped, and 5 % stopped, in turn; each phase with sockets of its own."""
    rounds, changes = (1, 12) if stage.quick else (3, 100)
    awake: list[Watched] = []
    partly: list[Watched] = []
    with stage.server() as server:
        _watch(server, 0, 4)  # Warm: the first sockets of a process allocate for all that follow.
        for _ in range(rounds):
            awake.append(_watch(server, 0, changes))
            partly.append(_watch(server, ASLEEP, changes))
    figures = [
        Figure(
            what="p99 from the tap to the eyes of the others",
            unit="ms",
            ours=tuple(percentile(phase.delays, 0.99) for phase in partly),
            baseline=tuple(percentile(phase.delays, 0.99) for phase in awake),
            ratio_at_most=1.2,
        ),
        Figure(
            what="p50",
            unit="ms",
            ours=tuple(percentile(phase.delays, 0.5) for phase in partly),
            baseline=tuple(percentile(phase.delays, 0.5) for phase in awake),
        ),
        Figure(
            what="server memory gained while they sleep",
            unit="MB",
            ours=tuple(phase.growth / 1e6 for phase in partly),
            baseline=tuple(phase.growth / 1e6 for phase in awake),
            at_most=2,
        ),
    ]
    return Result(
        name="slow_viewers",
        title="Slow viewers: 50 of 1,000 stop reading",
        method=(
            "1,000 sockets watch a raffle of 200,000 numbers; every 60 ms one buyer reserves or "
            "cancels 10 numbers, and the time from his tap to each viewer's frame is taken. The "
            "sleepers read nothing after their handshake. Baseline: the same with none asleep."
        ),
        figures=figures,
    )


def _watch(server: Server, asleep: int, changes: int) -> Watched:
    raffle_id = server.create_raffle(NUMBERS)
    path = socket_path(raffle_id)
    wanted = [buyers.label(number * 7919, NUMBERS) for number in range(_NUMBERS_EACH)]
    taps = buyers.undecided(wanted, seed=asleep)
    watched = Watched()
    with (
        Swarm(server.port, path, asleep, receive_buffer=RECEIVE_BUFFER) as sleepers,
        Swarm(server.port, path, 1) as buyer,
    ):
        sleepers.fall_asleep(range(asleep))
        with Swarm(server.port, path, VIEWERS - asleep) as viewers:
            viewers.settle()
            buyer.send(0, buyers.auth(server.tokens, buyers.person(0)))
            buyer.settle()
            memory = server.memory_bytes()
            for _ in range(changes):
                _time_one_change(buyer, viewers, next(taps), watched)
            watched.growth = server.memory_bytes() - memory
    return watched


def _time_one_change(buyer: Swarm, viewers: Swarm, tap: bytes, watched: Watched) -> None:
    missing = len(viewers.members)
    tapped = time.perf_counter()
    buyer.send(0, tap)
    while missing:
        if time.perf_counter() - tapped > 10:
            raise wire.UnexpectedFrame(f"{missing} viewers saw nothing")
        for _, frames in viewers.poll(0.5):
            seen = sum(opcode == wire.BINARY for opcode, _ in frames)
            watched.delays += [(time.perf_counter() - tapped) * 1000] * seen
            missing -= seen
    while (left := tapped + PAUSE_SECONDS - time.perf_counter()) > 0:
        for _ in buyer.poll(left):
            pass
