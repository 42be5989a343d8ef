"""Webhooks: how many a second are verified, written down and acknowledged, and how long that takes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from statistics import median
from typing import Final
from uuid import UUID

from benchmarks import buyers, http_load, paying, rows, till
from benchmarks.figures import Figure, Result, percentile
from benchmarks.load import Load, TooManyRefusals
from benchmarks.servers import Server, Stage

SENDERS: Final = 50
PAYMENTS: Final = 200
MOST_A_SECOND: Final = 4000


def run(stage: Stage) -> Result:
    """As many as it takes, then at half of that rate. The goal is absolute."""
    rounds, seconds = (1, 1.5) if stage.quick else (3, 4.0)
    flood: list[Load] = []
    half: list[Load] = []
    inserts: list[float] = []
    micros: list[float] = []
    for turn in range(rounds):
        inserts.append(rows.insert_rate(stage.urls[0], SENDERS, seconds))
        with stage.server() as server:
            paid = _some_payments(server)
            events = _events(server, paid, int(MOST_A_SECOND * (seconds + 0.5)), turn)
            cpu = server.cpu_seconds()
            with http_load.HttpSwarm(server.port, SENDERS) as swarm:
                flood.append(http_load.run(swarm, events, seconds))
                rows.webhooks_processed(server.database_url)
                cpu = server.cpu_seconds() - cpu
                rate = flood[-1].rate / 2
                more = _events(server, paid, int(rate * (seconds + 0.5)) + 1, 1000 + turn)
                half.append(http_load.run(swarm, more, seconds, rate=rate))
            kept = rows.webhooks_processed(server.database_url)
        micros.append(cpu / flood[-1].acknowledged * 1e6)
        told = flood[-1].acknowledged + half[-1].acknowledged
        if kept < told:
            raise TooManyRefusals(f"{told} acknowledged, {kept} kept")
    at_half = f"at half of that ({median(one.rate for one in half):,.0f} a second)"
    return Result(
        name="webhooks",
        title=f"Webhooks: verified and stored before the 2xx, {SENDERS} senders",
        method=(
            f"Signed messages of the sandbox, each a new event of one of {PAYMENTS} payments, "
            "POSTed over kept-alive connections; the server processes them meanwhile (it asks the "
            "sandbox and merges what it says), which is in its CPU. Afterwards the rows are "
            "counted. Baseline: one durable INSERT of such a row for each, over ten connections."
        ),
        figures=[
            Figure(
                what="webhooks accepted",
                unit="/s",
                ours=tuple(one.rate for one in flood),
                baseline=tuple(inserts),
            ),
            Figure(
                what="time to the 2xx, as many as it takes, p50", unit="ms", ours=_ms(flood, 0.5)
            ),
            Figure(what="the same, p99", unit="ms", ours=_ms(flood, 0.99)),
            Figure(what=f"time to the 2xx {at_half}, p50", unit="ms", ours=_ms(half, 0.5)),
            Figure(what="the same, p99", unit="ms", ours=_ms(half, 0.99)),
            Figure(what="server CPU a webhook, processing included", unit="µs", ours=tuple(micros)),
        ],
    )


def _some_payments(server: Server) -> list[UUID]:
    """Payments that are done: what is said of them again is looked into and changes nothing."""
    raffle_id = server.draft_raffle(PAYMENTS * buyers.NUMBERS_EACH)
    waiting = till.in_checkout(server.database_url, raffle_id, PAYMENTS, seed=7)
    with http_load.HttpSwarm(server.port, PAYMENTS) as swarm:
        for index, one in enumerate(waiting):
            swarm.send(index, paying.pay(server, one))
        return [paying.payment_of(body) for body in swarm.answers(PAYMENTS)]


def _events(server: Server, payments: list[UUID], count: int, seed: int) -> Iterator[bytes]:
    source = random.Random(seed)
    return iter(
        [
            paying.webhook(server, payments[n % len(payments)], buyers.fresh_uuid(source).hex)
            for n in range(count)
        ]
    )


def _ms(loads: list[Load], share: float) -> tuple[float, ...]:
    return tuple(percentile(one.latencies, share) * 1000 for one in loads)
