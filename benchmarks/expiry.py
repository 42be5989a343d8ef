"""Expiry: 1,000 reservations are due at the same instant; when is the last number free again?"""

from __future__ import annotations

import asyncio
import time
from functools import cache
from typing import Final

from benchmarks import buyers, rows, seed_baseline, wire
from benchmarks.figures import Figure, Result, percentile
from benchmarks.servers import Server, Stage, socket_path
from benchmarks.swarm import Swarm
from sorteos_actors.protocol.board import read_delta
from sorteos_actors.raffle.model import AVAILABLE

DUE: Final = 1000
NUMBERS: Final = 10_000
VIEWERS: Final = 100
LEAD_SECONDS: Final = 3.0
"""From the writing of the rows to their deadline: the viewers must be there before."""
_AT_MOST_SECONDS: Final = 20.0


def run(stage: Stage) -> Result:
    """Ours measured; the baseline's sweep measured, its wait computed from its period."""
    rounds = 1 if stage.quick else 3
    committed: list[float] = []
    pushed: list[float] = []
    sweep_p50: list[float] = []
    sweep_p99: list[float] = []
    for _ in range(rounds):
        sweep = asyncio.run(_sweep(stage))
        sweep_p50.append((seed_baseline.SWEEP_SECONDS * 0.5 + percentile(sweep, 0.5)) * 1000)
        sweep_p99.append((seed_baseline.SWEEP_SECONDS * 0.99 + percentile(sweep, 0.5)) * 1000)
        with stage.server() as server:
            commits, pushes = _release(server)
        committed.append(percentile(commits, 0.99))
        pushed.append(percentile(pushes, 0.99))
    return Result(
        name="expiry",
        title="Expiry: 1,000 reservations of 2 numbers due at the same instant",
        method=(
            "Each round in a new database. From the deadline to the journal's commit time, and to "
            f"the arrival of each released number at each of {VIEWERS} viewers. Baseline: the "
            "seed's job every 30 s; its work (one reservation a number, as the seed keeps them) is "
            "measured, and the deadline falls anywhere between two of its runs, so half of the "
            "period (p50) or 99 % of it (p99) is added."
        ),
        figures=[
            Figure(
                what="release committed, p99",
                unit="ms",
                ours=tuple(committed),
                baseline=tuple(sweep_p99),
                at_most=250,
            ),
            Figure(
                what="release on the viewer's screen, p99",
                unit="ms",
                ours=tuple(pushed),
                baseline=tuple(sweep_p99),
                at_most=250,
            ),
            Figure(
                what="baseline's own median, for comparison with our p99",
                unit="ms",
                ours=tuple(pushed),
                baseline=tuple(sweep_p50),
            ),
        ],
    )


def _release(server: Server) -> tuple[list[float], list[float]]:
    """Milliseconds from the deadline to each commit, and to each number at each viewer."""
    raffle_id = server.draft_raffle(NUMBERS)
    due = time.time() + LEAD_SECONDS
    rows.fill(
        server.database_url, raffle_id, DUE, buyers.NUMBERS_EACH, phase="selection", until=due
    )
    pushes: list[float] = []
    expected = DUE * buyers.NUMBERS_EACH * VIEWERS
    with Swarm(server.port, socket_path(raffle_id), VIEWERS) as viewers:
        viewers.settle(at_most=LEAD_SECONDS / 2)
        while len(pushes) < expected:
            if time.time() > due + _AT_MOST_SECONDS:
                raise wire.UnexpectedFrame(f"{len(pushes)} of {expected} releases were seen")
            for _, frames in viewers.poll(0.5):
                late = (time.time() - due) * 1000
                for opcode, payload in frames:
                    if opcode == wire.BINARY:
                        pushes += [late] * _freed(payload)
    if min(pushes) < 0:
        raise wire.UnexpectedFrame("a number was released before its time")
    commits = [(at - due) * 1000 for at in rows.expired_at(server.database_url, raffle_id)]
    return commits, pushes


@cache
def _freed(delta: bytes) -> int:
    """How many numbers it frees. All viewers get the same bytes: reading them is not our subject."""
    return sum(state == AVAILABLE for state in read_delta(delta).changes.values())


async def _sweep(stage: Stage) -> list[float]:
    async with seed_baseline.open_seed(*stage.urls, NUMBERS) as seed:
        people = buyers.pairs(DUE * buyers.NUMBERS_EACH)
        for numbers in people:
            await seed.reserve_together(buyers.person(numbers[0]), numbers)
        await seed.make_all_due()
        return await seed.sweep()
