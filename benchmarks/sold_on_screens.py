"""From a webhook to "vendido": when do all who watch see that a number is sold?"""

from __future__ import annotations

import time
from functools import cache
from typing import Final

from benchmarks import buyers, http_load, paying, rows, till, wire
from benchmarks.figures import Figure, Result, percentile
from benchmarks.servers import Server, Stage, socket_path
from benchmarks.swarm import Swarm
from sorteos_actors.protocol.board import read_delta
from sorteos_actors.raffle.model import SOLD

VIEWERS: Final = 100
TOGETHER: Final = 20
_LOOKS: Final = 2
"""The sandbox approves a slow charge when it is looked at for the third time: once when it is begun, and
once for each webhook. Both are sent at once, and time counts from the first."""
_AT_MOST_SECONDS: Final = 10.0
_SANDBOXS_OWN_SECONDS: Final = 0.8
"""The cashier looks by itself a second after a payment was begun: what is told later proves nothing."""


def run(stage: Stage) -> Result:
    """One sale at a time, and several at the same instant."""
    rounds, sales, bursts = (1, 10, 1) if stage.quick else (3, 60, 5)
    alone: list[float] = []
    together: list[float] = []
    with stage.server() as server:
        for turn in range(rounds):
            alone.append(percentile(_seen(server, [1] * sales, turn), 0.99))
            together.append(percentile(_seen(server, [TOGETHER] * bursts, 50 + turn), 0.99))
    return Result(
        name="sold_on_screens",
        title=f'From a webhook to "vendido" on the screens of {VIEWERS} others',
        method=(
            "The sandbox's bank has agreed, and only its webhook says so. From the first byte of "
            "the webhook sent, to the frame with the sold number at each of the viewers' sockets: "
            "verified, stored, acknowledged, read from the inbox, the sandbox asked, the facts "
            "merged, the numbers sold in the fenced transaction, pushed."
        ),
        figures=[
            Figure(what="one sale at a time, p99", unit="ms", ours=tuple(alone), at_most=300),
            Figure(
                what=f"{TOGETHER} webhooks at the same instant, p99",
                unit="ms",
                ours=tuple(together),
                at_most=300,
            ),
        ],
    )


def _seen(server: Server, bursts: list[int], seed: int) -> list[float]:
    """Milliseconds from each webhook to each sold number at each viewer."""
    count = sum(bursts)
    raffle_id = server.draft_raffle(count * buyers.NUMBERS_EACH)
    waiting = iter(till.in_checkout(server.database_url, raffle_id, count, seed=seed))
    found: list[float] = []
    with (
        Swarm(server.port, socket_path(raffle_id), VIEWERS) as viewers,
        http_load.HttpSwarm(server.port, TOGETHER * _LOOKS) as company,
    ):
        viewers.settle()
        for size in bursts:
            burst = [next(waiting) for _ in range(size)]
            found += _one_burst(server, burst, viewers, company)
    return found


def _one_burst(
    server: Server, burst: list[rows.InCheckout], viewers: Swarm, company: http_load.HttpSwarm
) -> list[float]:
    begun = time.perf_counter()
    for index, one in enumerate(burst):
        company.send(index, paying.pay(server, one, "slow"))
    payments = [paying.payment_of(body) for body in company.answers(len(burst))]
    requests = [
        paying.webhook(server, payment_id, f"{payment_id.hex}_look_{look}")
        for look in range(_LOOKS)
        for payment_id in payments
    ]
    viewers.settle(0.05)
    sent = time.perf_counter()
    if sent - begun > _SANDBOXS_OWN_SECONDS:
        raise wire.UnexpectedFrame("beginning took so long that the cashier has looked by itself")
    for index, request in enumerate(requests):
        company.send(index, request)
    found: list[float] = []
    expected = len(burst) * buyers.NUMBERS_EACH * VIEWERS
    while len(found) < expected:
        if time.perf_counter() > sent + _AT_MOST_SECONDS:
            raise wire.UnexpectedFrame(f"{len(found)} of {expected} sold numbers were seen")
        for _, frames in viewers.poll(0.05):
            late = (time.perf_counter() - sent) * 1000
            for opcode, payload in frames:
                if opcode == wire.BINARY:
                    found += [late] * _sold(payload)
    company.answers(len(requests))
    return found


@cache
def _sold(delta: bytes) -> int:
    """How many numbers it sells. All viewers get the same bytes: reading them is not our subject."""
    return sum(state == SOLD for state in read_delta(delta).changes.values())
