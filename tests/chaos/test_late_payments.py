"""Every late payment ends by itself, whoever is killed meanwhile. The long run has five hundred."""

from __future__ import annotations

import pytest
import trio

from sorteos_actors import asyncio_bridge
from sorteos_actors.store.pool import open_pool
from tests.chaos.cluster import open_cluster, open_servers
from tests.chaos.late_payments import LateOutcome, LatePayments
from tests.databases import fresh_database
from tests.integration.proxy_process import haproxy
from tests.places import a_place_for_servers

PAYMENTS = 60
CHECKOUT_SECONDS = 6


@pytest.mark.timeout(300)
def test_late_payments_are_all_honoured_or_sent_back_while_nodes_are_killed() -> None:
    haproxy()

    async def main() -> LateOutcome:
        async with (
            asyncio_bridge.open_loop(),
            open_pool(database_url) as pool,
            open_cluster(servers, database_url, place) as cluster,
        ):
            return await LatePayments(cluster, pool, PAYMENTS, "late").run(CHECKOUT_SECONDS)

    with a_place_for_servers() as place, open_servers(place) as servers:
        database_url = fresh_database(servers)
        outcome = trio.run(main)
    assert not outcome.violations, outcome.violations
    assert (outcome.resolved, outcome.sold_again > 0, outcome.sent_back > 0) == (
        PAYMENTS,
        True,
        True,
    )
    assert outcome.kills > 2
