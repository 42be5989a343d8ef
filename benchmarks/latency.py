"""Latency: how long one buyer waits for an answer, alone and at half of what the server can do."""

from __future__ import annotations

from typing import Final

from benchmarks import buyers, load
from benchmarks.figures import Figure, Result, percentile
from benchmarks.hot_raffle import BUYERS, NUMBERS
from benchmarks.servers import Server, Stage, socket_path
from benchmarks.swarm import Swarm

UNMEASURED_HALF_RATE: Final = 2000.0
"""Half of the hot raffle's goal, for a run without that scenario."""


def run(stage: Stage) -> Result:
    """No baseline: the goals are absolute."""
    rounds, seconds = (1, 1.0) if stage.quick else (3, 3.0)
    half = UNMEASURED_HALF_RATE if stage.hot_rate is None else stage.hot_rate / 2
    alone: list[load.Load] = []
    loaded: list[load.Load] = []
    with stage.server() as server:
        for turn in range(rounds):
            alone.append(_alone(server, seconds))
            loaded.append(_at_rate(server, half, seconds, turn))
    return Result(
        name="latency",
        title="Latency of a reservation of 2 numbers, from the tap to the durable answer",
        method=(
            "Alone: one buyer reserves and cancels in turn, reservations are timed. At half load, "
            f"{_source(stage)}: requests come at a fixed {half:,.0f}/s (auth and reserve of a new "
            "person) through 100 sockets, and time counts from when each was due."
        ),
        figures=[
            Figure(what="alone, p50", unit="ms", ours=_ms(alone, 0.5), at_most=2),
            Figure(what="alone, p99", unit="ms", ours=_ms(alone, 0.99)),
            Figure(what=f"{half:,.0f} a second, p50", unit="ms", ours=_ms(loaded, 0.5)),
            Figure(
                what=f"{half:,.0f} a second, p99", unit="ms", ours=_ms(loaded, 0.99), at_most=25
            ),
        ],
    )


def _source(stage: Stage) -> str:
    if stage.hot_rate is None:
        return "half of the hot raffle's goal"
    return "half of the rate that the hot raffle reached in this run"


def _alone(server: Server, seconds: float) -> load.Load:
    raffle_id = server.create_raffle(10_000)
    requests = buyers.undecided(["0001", "9998"], seed=1)
    with Swarm(server.port, socket_path(raffle_id), 1) as swarm:
        swarm.send(0, buyers.auth(server.tokens, buyers.person(0)))
        swarm.settle()
        outcome = load.closed(swarm, lambda _: next(requests), seconds)
    return _without_refusals(outcome)


def _at_rate(server: Server, rate: float, seconds: float, turn: int) -> load.Load:
    raffle_id = server.create_raffle(NUMBERS)
    count = int(rate * seconds) + 1
    requests = iter(buyers.newcomers(server.tokens, NUMBERS, count, seed=100 + turn))
    with Swarm(server.port, socket_path(raffle_id), BUYERS) as swarm:
        swarm.settle()
        outcome = load.opened(swarm, lambda _: next(requests, None), rate, seconds)
    return _without_refusals(outcome)


def _without_refusals(outcome: load.Load) -> load.Load:
    if outcome.refused:
        raise load.TooManyRefusals(f"refused: {outcome.refused}")
    return outcome


def _ms(loads: list[load.Load], share: float) -> tuple[float, ...]:
    return tuple(percentile(one.latencies, share) * 1000 for one in loads)
