"""The worst days of a cluster, in two minutes: real processes, real kills, and judges for everything.

Nothing here is about speed. What is promised is judged by the judges: linearizable numbers, durable
acknowledgements, epochs that never decrease, boards that end equal to the database, deadlines that are
kept, raffles that accept again, logs without surprises.
"""

from __future__ import annotations

import trio

from sorteos_actors import asyncio_bridge
from tests.chaos.cluster import open_cluster, open_servers
from tests.chaos.schedule import Step, Strike
from tests.chaos.trial import Outcome, Plan, run_trial
from tests.databases import fresh_database
from tests.integration.proxy_process import haproxy
from tests.places import a_place_for_servers

ENOUGH = 100
"""Acknowledged commands below which a run has shown nothing."""


def suffer(plan: Plan, *steps: Step) -> Outcome:
    """A fresh cluster that suffers this, and what came of it: nothing wrong."""
    haproxy()

    async def main() -> Outcome:
        async with (
            asyncio_bridge.open_loop(),
            open_cluster(servers, database_url, place) as cluster,
        ):
            return await run_trial(cluster, plan, steps)

    with a_place_for_servers() as place, open_servers(place) as servers:
        database_url = fresh_database(servers)
        outcome = trio.run(main)
    assert not outcome.violations, outcome.report()
    assert outcome.tally.outcomes["ok"] > ENOUGH
    return outcome


def test_killed_nodes_take_no_acknowledged_number_with_them() -> None:
    suffer(
        Plan(seed="killed"),
        Step(1.0, [Strike("kill_node", 0, 1.0)]),
        Step(1.0, [Strike("kill_node", 1, 3.0), Strike("kill_node", 2, 0.5, after=1.0)]),
    )


def test_a_node_that_froze_beyond_its_lease_wakes_up_as_nobody() -> None:
    outcome = suffer(
        Plan(seed="frozen"),
        Step(1.0, [Strike("freeze_node", 0, 6.0), Strike("freeze_in_commit", 1, 6.0, after=0.5)]),
    )
    assert outcome.epochs > outcome.raffles, "nobody took over what the frozen nodes had"


def test_redis_may_be_killed_flushed_or_frozen_at_any_time() -> None:
    suffer(
        Plan(seed="redis"),
        Step(1.0, [Strike("kill_redis", 0, 3.0)]),
        Step(0.5, [Strike("flush_redis", 0, 1.0)]),
        Step(0.5, [Strike("freeze_redis", 0, 3.0)]),
        Step(0.5, [Strike("cut_from_redis", 1, 4.0)]),
    )


def test_postgresql_may_be_killed_and_a_node_cut_off_from_it() -> None:
    suffer(
        Plan(seed="postgresql"),
        Step(1.0, [Strike("kill_postgres", 0, 1.5)]),
        Step(1.0, [Strike("cut_from_postgres", 1, 5.0), Strike("deaf_to_postgres", 2, 4.0)]),
    )


def test_a_commit_whose_answer_is_lost_is_neither_lost_nor_done_twice() -> None:
    suffer(
        Plan(seed="swallowed"),
        Step(1.0, [Strike("swallow_commits", 0, 4.0), Strike("lose_commits", 1, 4.0)]),
    )


def test_a_rolling_restart_costs_no_command_more_than_one_retry() -> None:
    outcome = suffer(
        Plan(seed="rolling", only_proxy=True), Step(0.5, [Strike("roll_all_nodes", 0, 0.0)])
    )
    assert not outcome.tally.slow, outcome.tally.slow
    assert outcome.tally.given_up == 0
