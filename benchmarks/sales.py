"""Sales: how many payments a second one raffle turns into sold numbers and captured money."""

from __future__ import annotations

from typing import Final

import trio

from benchmarks import buyers, http_load, paying, textbook_sale, till
from benchmarks.figures import Figure, Result, percentile
from benchmarks.load import TooManyRefusals
from benchmarks.servers import Server, Stage
from benchmarks.till import Sales
from sorteos_actors.main import spare_the_collector

BUYERS: Final = 200
MOST_A_SECOND: Final = 3000
GOAL: Final = 1000


def run(stage: Stage) -> Result:
    """Baseline, the parts without HTTP, and the whole server, in turn."""
    rounds, seconds = (1, 2.0) if stage.quick else (3, 5.0)
    textbook: list[float] = []
    parts: list[Sales] = []
    database: list[float] = []
    whole: list[float] = []
    whole_cpu: list[float] = []
    spare_the_collector()  # As a node does, and for the plain program too: it is the same process.
    for turn in range(rounds):
        textbook.append(textbook_sale.rate(stage.urls[0], BUYERS, seconds))
        sales, cpu = _parts(stage, seconds, turn)
        parts.append(sales)
        database.append(cpu)
        with stage.server() as server:
            rate, cpu = _whole(server, seconds, turn)
        whole.append(rate)
        whole_cpu.append(cpu)
    return Result(
        name="sales",
        title=f"Sales through the sandbox on one raffle, {BUYERS} buyers at once",
        method=(
            "A sale: the payment written down, the reservation made to wait for it, the provider "
            "asked, the numbers sold in the fenced transaction with ledger and outbox, the money "
            "captured, and both of the sandbox's webhooks received and processed; every step "
            "durable. First all parts of a node but HTTP, in one process with the buyers; then a "
            "server, with HTTP and the load generator as well. Reservations in checkout were made "
            "beforehand. Baseline: the same rows written by a plain program over ten connections, "
            "without provider, raffle, webhooks or viewers."
        ),
        figures=[
            Figure(
                what="sales",
                unit="/s",
                ours=tuple(s.sold / s.seconds for s in parts),
                baseline=tuple(textbook),
                at_least=GOAL,
            ),
            Figure(
                what="the same over HTTP",
                unit="/s",
                ours=tuple(whole),
                baseline=tuple(textbook),
                at_least=GOAL,
            ),
            Figure(
                what="time of a sale, p50",
                unit="ms",
                ours=tuple(percentile(s.latencies, 0.5) * 1000 for s in parts),
            ),
            Figure(
                what="time of a sale, p99",
                unit="ms",
                ours=tuple(percentile(s.latencies, 0.99) * 1000 for s in parts),
            ),
            Figure(
                what="CPU a sale, ours",
                unit="µs",
                ours=tuple(s.cpu_seconds / s.sold * 1e6 for s in parts),
            ),
            Figure(what="CPU a sale, PostgreSQL", unit="µs", ours=tuple(database)),
            Figure(what="CPU a sale over HTTP, the server's", unit="µs", ours=tuple(whole_cpu)),
        ],
        notes=[
            "The sandbox plays a company with a database of its own, and keeps it in the same "
            "PostgreSQL: two reads and two writes a sale, and a read for each webhook, are in "
            "these figures and would be somebody else's.",
            "The load is closed: at a lower rate a sale takes a fraction of the time shown.",
        ],
    )


def _parts(stage: Stage, seconds: float, turn: int) -> tuple[Sales, float]:
    """What was sold, and PostgreSQL's CPU in µs a sale."""
    count = int(MOST_A_SECOND * seconds)
    with stage.server() as server:
        raffle_id = server.draft_raffle(count * buyers.NUMBERS_EACH)
        database_url = server.database_url
    waiting = till.in_checkout(database_url, raffle_id, count, seed=turn)

    async def main() -> tuple[Sales, float]:
        async with till.open_till(database_url) as opened:
            cpu = stage.database_cpu_seconds()
            sales = await till.sell(opened, raffle_id, waiting, BUYERS, seconds)
            return sales, (stage.database_cpu_seconds() - cpu) / sales.sold * 1e6

    return trio.run(main)


def _whole(server: Server, seconds: float, turn: int) -> tuple[float, float]:
    """Sales a second, and the server's CPU in µs for each; checked against the server's count."""
    count = int(MOST_A_SECOND * (seconds + 2))
    raffle_id = server.draft_raffle(count * buyers.NUMBERS_EACH)
    waiting = till.in_checkout(server.database_url, raffle_id, count, seed=100 + turn)
    requests = iter([paying.pay(server, one) for one in waiting])
    with http_load.HttpSwarm(server.port, BUYERS) as swarm:
        cpu = server.cpu_seconds()
        outcome = http_load.run(swarm, requests, seconds, warm_up=2.0)
        cpu = server.cpu_seconds() - cpu
    sold = server.sold_count(raffle_id)
    if sold != outcome.acknowledged * buyers.NUMBERS_EACH:
        raise TooManyRefusals(f"{outcome.acknowledged} acknowledged, {sold} numbers sold")
    return outcome.rate, cpu / outcome.acknowledged * 1e6
