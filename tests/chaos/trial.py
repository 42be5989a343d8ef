"""One run: trade while the schedule is carried out, heal, let everything settle, and judge."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import msgspec
import trio

from sorteos_actors.raffle.events import ReservationExpired
from sorteos_actors.testing.history import HistoryRecorder, Operation
from tests.chaos.buyers import Buyers, Market, Tally
from tests.chaos.cluster import Cluster
from tests.chaos.database import Database
from tests.chaos.judge import (
    Violation,
    judge_deadlines,
    judge_history,
    judge_life,
    judge_logs,
    judge_viewers,
)
from tests.chaos.schedule import Step, carry_out
from tests.chaos.viewers import Viewer, watch_everywhere


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How much of everything."""

    seed: str
    buyers: int = 24
    raffles: int = 3
    number_count: int = 500
    short_seconds: int = 5
    """Holds of one more raffle, that expire while it is traded."""
    warm_up: float = 1.5
    cool_down: float = 1.0
    only_proxy: bool = False
    """Buyers come in through the proxy only, as people do."""


class Outcome(msgspec.Struct, frozen=True):
    """What came of a run."""

    tally: Tally
    operations: int
    strikes: dict[str, int]
    raffles: int
    events: int
    epochs: int
    """That have written something, over all raffles."""
    expired: int
    """Holds that ended by their deadline."""
    viewers: int
    reconnects: int
    violations: list[Violation]
    histories: dict[str, list[Operation]]
    """Of each raffle, by its id."""

    def report(self) -> str:
        """Everything that is wrong, for people."""
        return "\n\n".join(f"{v.kind}: {v.text}" for v in self.violations)


async def run_trial(cluster: Cluster, plan: Plan, steps: Sequence[Step]) -> Outcome:
    """Trade, hurt, heal, judge. Needs `asyncio_bridge.open_loop` around."""
    database = Database(cluster.database_url)
    markets = await trio.to_thread.run_sync(open_markets, cluster, plan)
    urls = [cluster.proxy.url] if plan.only_proxy else cluster.urls
    chance = random.Random(plan.seed)
    buyers = Buyers(markets, lambda: urls, chance.getrandbits(64))
    places = {node.url: node.name for node in cluster.nodes} | {cluster.proxy.url: "proxy"}
    viewers = [
        Viewer(url, market.raffle_id, place) for market in markets for url, place in places.items()
    ]
    violations: list[Violation] = []
    async with trio.open_nursery() as watching:
        await watching.start(watch_everywhere, viewers)
        async with trio.open_nursery() as trading:
            trading.start_soon(buyers.trade, plan.buyers)
            await trio.sleep(plan.warm_up)
            await carry_out(steps, cluster)
            await cluster.heal()
            violations += await judge_life(markets, cluster.nodes)
            await trio.sleep(plan.cool_down)
            buyers.stop()
        violations += await judge_deadlines(markets, database)
        violations += await judge_viewers(viewers, markets, database)
        watching.cancel_scope.cancel()
    events = epochs = expired = 0
    for market in markets:
        state = await database.state(market.raffle_id)
        events += len(state.journal)
        epochs += len({row.epoch for row in state.journal})
        expired += sum(isinstance(row.entry.event, ReservationExpired) for row in state.journal)
        violations += await trio.to_thread.run_sync(judge_history, market, state)
    violations += judge_logs(cluster.nodes)
    histories = {str(market.raffle_id): market.recorder.operations() for market in markets}
    return Outcome(
        tally=buyers.tally,
        operations=sum(map(len, histories.values())),
        strikes=dict(Counter(strike.fault for step in steps for strike in step.strikes)),
        raffles=len(markets),
        events=events,
        epochs=epochs,
        expired=expired,
        viewers=len(viewers),
        reconnects=sum(max(0, viewer.connections - 1) for viewer in viewers),
        violations=violations,
        histories=histories,
    )


def open_markets(cluster: Cluster, plan: Plan) -> list[Market]:
    """Fresh raffles, each made at another node. For a thread."""
    markets = []
    for index in range(plan.raffles + 1):
        node = cluster.nodes[index % len(cluster.nodes)]
        is_short = index == plan.raffles
        raffle_id = node.create_raffle(
            plan.number_count,
            selection_seconds=plan.short_seconds if is_short else 600,
            checkout_seconds=plan.short_seconds if is_short else 600,
        )
        markets.append(Market(raffle_id, plan.number_count, HistoryRecorder(), is_short))
    return markets
