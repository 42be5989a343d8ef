"""A cluster: takeover, handover, the way through another node, relayed fan-out, more than one node."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterator
from typing import Final
from uuid import UUID

import trio

from benchmarks import buyers, load, relay
from benchmarks.figures import Figure, Result, percentile
from benchmarks.persistent import keep_asking, until_it_answers
from benchmarks.servers import Server, Stage, socket_path
from benchmarks.swarm import Swarm

NUMBERS: Final = 10_000
RAFFLES: Final = 4
"""Raffles that one node has when it is killed."""
HANDED_OVER: Final = 8
BUYERS: Final = 60
SPREAD: Final = 20
"""Raffles of the comparison of one node with two."""


def run(stage: Stage) -> Result:
    """One scenario, several parts; each compares with the owner, or with a goal."""
    kills, freezes, leaves, rounds = (2, 1, 1, 1) if stage.quick else (12, 3, 6, 3)
    seconds = 1.0 if stage.quick else 3.0
    killed = _takeovers(stage, kills, signal.SIGKILL)
    frozen = _takeovers(stage, freezes, signal.SIGSTOP)
    pauses = _handovers(stage, leaves)
    figures = [
        _times("takeover after kill -9", killed, 0.5),
        _times("takeover after kill -9", killed, 0.99, at_most=5000),
        _times("takeover of a frozen node, lease of 4 s", frozen, 0.5),
        _times("takeover of a frozen node, lease of 4 s", frozen, 0.99, at_most=5000),
        _times("graceful handover, pause of a raffle", pauses, 0.5),
        _times("graceful handover, pause of a raffle", pauses, 0.99, at_most=100),
        *_through_another_node(stage, rounds, seconds),
        relay.figure(quick=stage.quick),
        *_two_nodes(stage, rounds, seconds),
    ]
    return Result(
        name="cluster",
        title="A cluster of equal nodes",
        method=(
            "Real nodes on one PostgreSQL and one Valkey. Takeover: from the signal to the first "
            "reservation that succeeds through the other node, repeated every 20 ms. Handover: the "
            "longest time without an answer while the owner leaves, for a buyer at the other node. "
            "Through another node: the baseline is the same load at the owner, in turn. Two nodes: "
            f"{SPREAD} raffles, half of them on each, against all on one."
        ),
        figures=figures,
        notes=[
            f"{len(killed)} takeovers after {kills} kills, {len(frozen)} of frozen nodes, "
            f"{len(pauses)} handovers.",
            "Nodes, PostgreSQL, Valkey and the load generator share two cores: with two nodes "
            "nothing is free for the second one. The CPU a command says what a node would need.",
        ],
    )


def _times(what: str, seconds: list[float], share: float, at_most: float | None = None) -> Figure:
    return Figure(
        what=f"{what}, p{share * 100:.0f}",
        unit="ms",
        ours=(percentile(seconds, share) * 1000,),
        at_most=at_most,
    )


# -- losing a node ---------------------------------------------------------------------------------


def _takeovers(stage: Stage, times: int, how: signal.Signals) -> list[float]:
    """Seconds until each raffle of a node answers through another one."""
    found: list[float] = []
    with stage.cluster(1) as [staying]:
        for _ in range(times):
            with stage.node(staying.database_url) as victim:
                raffles = [victim.create_raffle(NUMBERS) for _ in range(RAFFLES)]
                found += trio.run(_lose, staying, victim, raffles, how)
                victim.end(signal.SIGKILL)
    return found


async def _lose(
    staying: Server, victim: Server, raffles: list[UUID], how: signal.Signals
) -> list[float]:
    found: list[float] = []
    for raffle_id in raffles:
        await until_it_answers(staying, raffle_id)  # It is known there, and forwarded.

    async def wait(raffle_id: UUID) -> None:
        found.append(await until_it_answers(staying, raffle_id) - began)

    began = trio.current_time()
    victim.process.send_signal(how)
    async with trio.open_nursery() as nursery:
        for raffle_id in raffles:
            nursery.start_soon(wait, raffle_id)
    return found


def _handovers(stage: Stage, times: int) -> list[float]:
    """The longest pause of each raffle while its owner leaves."""
    found: list[float] = []
    with stage.cluster(1) as [staying]:
        for _ in range(times):
            with stage.node(staying.database_url) as leaving:
                raffles = [leaving.create_raffle(NUMBERS) for _ in range(HANDED_OVER)]
                found += trio.run(_leave, staying, leaving, raffles)
    return found


async def _leave(staying: Server, leaving: Server, raffles: list[UUID]) -> list[float]:
    answered: dict[UUID, list[float]] = {raffle_id: [] for raffle_id in raffles}
    stop = trio.Event()
    async with trio.open_nursery() as nursery:
        for raffle_id in raffles:
            nursery.start_soon(keep_asking, staying, raffle_id, answered[raffle_id], stop)
        await trio.sleep(1.5)  # Nodes say once a second that they are here.
        left_at = trio.current_time()
        await trio.to_thread.run_sync(leaving.end, signal.SIGTERM)
        stop.set()
    return [
        max(later - earlier for earlier, later in itertools.pairwise(times) if later >= left_at)
        for times in answered.values()
    ]


# -- the way through another node ------------------------------------------------------------------


def _through_another_node(stage: Stage, rounds: int, seconds: float) -> list[Figure]:
    alone: dict[str, list[float]] = {"owner": [], "other": []}
    rates: dict[str, list[float]] = {"owner": [], "other": []}
    with stage.cluster(2) as [owner, other]:
        for _, (name, node) in itertools.product(
            range(rounds), (("owner", owner), ("other", other))
        ):
            raffle_id = owner.create_raffle(NUMBERS)
            latencies = _closed(node, raffle_id, 1, seconds).latencies
            alone[name].append(percentile(latencies, 0.5) * 1000)
            raffle_id = owner.create_raffle(NUMBERS)
            rates[name].append(_closed(node, raffle_id, BUYERS, seconds).rate)
    return [
        Figure(
            what="a command through another node, p50, one buyer",
            unit="ms",
            ours=tuple(alone["other"]),
            baseline=tuple(alone["owner"]),
            ratio_at_most=1.5,
        ),
        Figure(
            what=f"commands through another node, {BUYERS} buyers",
            unit="/s",
            ours=tuple(rates["other"]),
            baseline=tuple(rates["owner"]),
            ratio_at_least=0.8,
        ),
    ]


def _closed(node: Server, raffle_id: UUID, count: int, seconds: float) -> load.Load:
    """`count` buyers who reserve and cancel in turn, each with a number of his own."""
    people = [_person(index) for index in range(count)]
    with Swarm(node.port, socket_path(raffle_id), count) as swarm:
        swarm.settle()
        for index in range(count):
            swarm.send(index, buyers.auth(node.tokens, buyers.person(index)))
        swarm.settle()
        outcome = load.closed(swarm, lambda index: next(people[index]), seconds)
    if outcome.refused:
        raise load.TooManyRefusals(f"refused: {outcome.refused}")
    return outcome


def _person(index: int) -> Iterator[bytes]:
    return buyers.undecided([buyers.label(index, NUMBERS)], seed=index)


# -- one node, and two -----------------------------------------------------------------------------


def _two_nodes(stage: Stage, rounds: int, seconds: float) -> list[Figure]:
    rates: dict[int, list[float]] = {1: [], 2: []}
    micros: dict[int, list[float]] = {1: [], 2: []}
    with stage.cluster(2) as nodes:
        for _, count in itertools.product(range(rounds), (1, 2)):
            used = nodes[:count]
            places = [
                (used[i % count], used[i % count].create_raffle(NUMBERS)) for i in range(SPREAD)
            ]
            rate, cpu = _spread(places, seconds)
            rates[count].append(rate)
            micros[count].append(cpu)
    return [
        Figure(
            what=f"commands on {SPREAD} raffles, two nodes against one",
            unit="/s",
            ours=tuple(rates[2]),
            baseline=tuple(rates[1]),
            ratio_at_least=1.6,
        ),
        Figure(
            what="the same, CPU of all nodes a command",
            unit="µs",
            ours=tuple(micros[2]),
            baseline=tuple(micros[1]),
        ),
    ]


def _spread(places: list[tuple[Server, UUID]], seconds: float) -> tuple[float, float]:
    """Commands a second over all raffles together, and the nodes' CPU in µs for each."""
    members = BUYERS // SPREAD
    nodes = list(dict.fromkeys(node for node, _ in places))
    cpu = -sum(node.cpu_seconds() for node in nodes)
    outcomes = trio.run(_all_at_once, places, members, seconds)
    cpu += sum(node.cpu_seconds() for node in nodes)
    acknowledged = sum(outcome.acknowledged for outcome in outcomes)
    return sum(outcome.rate for outcome in outcomes), cpu / acknowledged * 1e6


async def _all_at_once(
    places: list[tuple[Server, UUID]], members: int, seconds: float
) -> list[load.Load]:
    outcomes: list[load.Load] = []

    async def count(node: Server, raffle_id: UUID) -> None:
        outcomes.append(await trio.to_thread.run_sync(_closed, node, raffle_id, members, seconds))

    async with trio.open_nursery() as nursery:
        for node, raffle_id in places:
            nursery.start_soon(count, node, raffle_id)
    return outcomes
