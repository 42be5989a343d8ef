"""The worst days of a cluster, in a few minutes: real processes, real kills, and judges for everything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import trio

from sorteos_actors import asyncio_bridge
from tests.chaos.cluster import open_cluster, open_servers
from tests.chaos.database import open_database
from tests.chaos.judge import judge_logs
from tests.chaos.schedule import Step, Strike
from tests.chaos.trial import Outcome, Plan, run_trial
from tests.databases import fresh_database
from tests.integration.proxy_process import haproxy
from tests.places import a_place_for_servers


def suffer(plan: Plan, *steps: Step) -> Outcome:
    """A fresh cluster that suffers this, judged."""
    haproxy()

    async def main() -> Outcome:
        async with (
            asyncio_bridge.open_loop(),
            open_cluster(servers, database_url, place) as cluster,
        ):
            async with open_database(database_url) as database:
                outcome = await run_trial(cluster, database, plan, steps)
            outcome.violations.extend(judge_logs(cluster.nodes))
            return outcome

    with a_place_for_servers() as place, open_servers(place) as servers:
        database_url = fresh_database(servers)
        outcome = trio.run(main)
    assert not outcome.violations, outcome.report()
    assert outcome.tally.outcomes["ok"] > 100
    return outcome


def test_nodes_are_killed_under_load() -> None:
    suffer(
        Plan(seed="kill"),
        Step(1.0, [Strike("kill_node", 0, 1.0)]),
        Step(1.0, [Strike("kill_node", 1, 5.0), Strike("kill_node", 2, 0.5, after=1.0)]),
    )
