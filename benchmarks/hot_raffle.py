"""Hot raffle: how many durable reservations a second one raffle takes from 100 buyers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from statistics import median
from typing import Final

from benchmarks import buyers, load, seed_baseline
from benchmarks.figures import Figure, Result, percentile
from benchmarks.servers import Server, Stage, socket_path
from benchmarks.swarm import Swarm

BUYERS: Final = 100
NUMBERS: Final = 200_000
SEED_NUMBERS: Final = 50_000
MOST_A_SECOND: Final = 9_000
ADDS: Final = 4


def run(stage: Stage) -> Result:
    """Baseline and ours in turn."""
    rounds, seconds = (1, 1.0) if stage.quick else (3, 4.0)
    seed_each: list[float] = []
    seed_together: list[float] = []
    ours: list[load.Load] = []
    micros: list[float] = []
    regulars: list[float] = []
    regular_micros: list[float] = []
    with stage.server() as server:
        for turn in range(rounds):
            seed_each.append(_seed_rate(stage, seconds, together=False))
            outcome, cpu = _newcomers(server, seconds, turn)
            ours.append(outcome)
            micros.append(cpu)
            seed_together.append(_seed_rate(stage, seconds, together=True))
            commands, cpu = _regulars(server, seconds)
            regulars.append(commands)
            regular_micros.append(cpu)
    rates = tuple(outcome.rate for outcome in ours)
    stage.hot_rate = median(rates)
    return Result(
        name="hot_raffle",
        title="Hot raffle: durable reservations of 2 numbers, 100 buyers, one raffle",
        method=(
            "Ours over WebSocket: every reservation is by a new person, `auth` and `reserve` in "
            "one write; only reservations are counted; all 100 sockets also watch; the number of "
            "acknowledged ones is compared with the server's count. Baseline: the seed's "
            "algorithm called directly, without HTTP, 100 at a time."
        ),
        figures=[
            Figure(
                what="reservations, a new person each",
                unit="/s",
                ours=rates,
                baseline=tuple(seed_each),
                at_least=4000,
                ratio_at_least=10,
            ),
            Figure(
                what="the same, baseline in one transaction for both numbers",
                unit="/s",
                ours=rates,
                baseline=tuple(seed_together),
            ),
            Figure(
                what="commands of people who stay: reserve 2, four times add 2, cancel",
                unit="/s",
                ours=tuple(regulars),
            ),
            Figure(
                what="answer time under this load, p50",
                unit="ms",
                ours=tuple(percentile(o.latencies, 0.5) * 1000 for o in ours),
            ),
            Figure(
                what="answer time under this load, p99",
                unit="ms",
                ours=tuple(percentile(o.latencies, 0.99) * 1000 for o in ours),
            ),
            Figure(what="server CPU a reservation, auth included", unit="µs", ours=tuple(micros)),
            Figure(
                what="server CPU a command of people who stay",
                unit="µs",
                ours=tuple(regular_micros),
            ),
        ],
    )


def _newcomers(server: Server, seconds: float, turn: int) -> tuple[load.Load, float]:
    """The load, and the server's CPU in µs per reservation; checked against the server's count."""
    raffle_id = server.create_raffle(NUMBERS)
    most = int(MOST_A_SECOND * (seconds + 0.5))
    requests = iter(buyers.newcomers(server.tokens, NUMBERS, most, seed=turn))
    with Swarm(server.port, socket_path(raffle_id), BUYERS) as swarm:
        swarm.settle()
        cpu = server.cpu_seconds()
        outcome = load.closed(swarm, lambda _: next(requests, None), seconds)
        cpu = server.cpu_seconds() - cpu
    acknowledged = outcome.acknowledged
    if outcome.refused or server.reserved_count(raffle_id) != acknowledged * buyers.NUMBERS_EACH:
        raise load.TooManyRefusals(f"{acknowledged} acknowledged, refused: {outcome.refused}")
    return outcome, cpu / acknowledged * 1e6


def _regulars(server: Server, seconds: float) -> tuple[float, float]:
    """Commands a second, and the server's CPU in µs for each."""
    raffle_id = server.create_raffle(NUMBERS)
    size = buyers.NUMBERS_EACH * (ADDS + 1)
    people: list[Iterator[bytes]] = []
    for index in range(BUYERS):
        own = [buyers.label(index * size + i, NUMBERS) for i in range(size)]
        people.append(buyers.regular(own, index, adds=ADDS))
    with Swarm(server.port, socket_path(raffle_id), BUYERS) as swarm:
        swarm.settle()
        for index in range(BUYERS):
            swarm.send(index, buyers.auth(server.tokens, buyers.person(index)))
        swarm.settle()
        cpu = server.cpu_seconds()
        outcome = load.closed(swarm, lambda index: next(people[index]), seconds)
        cpu = server.cpu_seconds() - cpu
    if outcome.refused:
        raise load.TooManyRefusals(f"refused: {outcome.refused}")
    return outcome.rate, cpu / outcome.acknowledged * 1e6


def _seed_rate(stage: Stage, seconds: float, *, together: bool) -> float:
    async def main() -> float:
        async with seed_baseline.open_seed(*stage.urls, SEED_NUMBERS) as seed:
            wanted = buyers.pairs(SEED_NUMBERS)
            return await seed_baseline.rate(
                seed, wanted, buyers=BUYERS, seconds=seconds, together=together
            )

    return asyncio.run(main())
