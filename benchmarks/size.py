"""Size: does a raffle of a million numbers cost more than one of a hundred?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from benchmarks import buyers, load, rows
from benchmarks.figures import Figure, Result, percentile
from benchmarks.servers import Server, Stage, socket_path
from benchmarks.swarm import Swarm

SIZES: Final = (100, 10_000, 1_000_000)
SOLD: Final = 500_000
NUMBERS_A_SALE: Final = 10
IDLE_RAFFLES: Final = 200
VIEWERS: Final = 1000


def run(stage: Stage) -> Result:
    """The 100-number raffle is the baseline of the others, in turn."""
    rounds, seconds = (1, 0.4) if stage.quick else (5, 1.0)
    figures: list[Figure] = []
    with stage.server() as server:
        million = server.create_raffle(SIZES[-1])  # Warms up what all sizes share.
        figures += _memory(server)
        creations = tuple(
            _milliseconds(lambda: server.draft_raffle(SIZES[-1])) for _ in range(rounds)
        )
        figures.append(
            Figure(what="create 1,000,000 numbers", unit="ms", ours=creations, at_most=1000)
        )
        medians: dict[int, list[float]] = {size: [] for size in SIZES}
        for _ in range(rounds):
            for size in SIZES:
                medians[size].append(_reserve_p50(server, size, seconds))
        figures += [
            Figure(
                what=f"reserve in a raffle of {size:,}, p50",
                unit="ms",
                ours=tuple(medians[size]),
                baseline=tuple(medians[SIZES[0]]),
                ratio_at_most=1.2,
            )
            for size in SIZES[1:]
        ]
        board = server.http.get(
            f"/raffles/{million}/board", headers={"Accept-Encoding": "identity"}
        )
        figures.append(
            Figure(
                what="snapshot of 1,000,000 numbers, raw",
                unit="KB",
                ours=(len(board.raise_for_status().content) / 1000,),
                at_most=260,
            )
        )
        figures.append(
            Figure(
                what="activate with 500,000 sold, from the request to the board",
                unit="ms",
                ours=tuple(_activation_ms(server) for _ in range(1 if stage.quick else 2)),
                at_most=3000,
            )
        )
    return Result(
        name="size",
        title="Size: raffles of 100, 10,000 and 1,000,000 numbers",
        method=(
            "Latencies as in the latency scenario, one buyer alone, the sizes in turn; the "
            "baseline is the raffle of 100. Memory is the growth of the server's resident memory."
        ),
        figures=figures,
    )


def _reserve_p50(server: Server, size: int, seconds: float) -> float:
    raffle_id = server.create_raffle(size)
    wanted = [buyers.label(number, size) for number in (1, size - 2)]
    requests = buyers.undecided(wanted, seed=size)
    with Swarm(server.port, socket_path(raffle_id), 1) as swarm:
        swarm.settle()
        swarm.send(0, buyers.auth(server.tokens, buyers.person(size)))
        swarm.settle()
        outcome = load.closed(swarm, lambda _: next(requests), seconds)
    if outcome.refused:
        raise load.TooManyRefusals(f"refused: {outcome.refused}")
    return percentile(outcome.latencies, 0.5) * 1000


def _memory(server: Server) -> list[Figure]:
    """Raffles that are loaded and idle, and then viewers of one raffle."""
    server.create_raffle(100)
    before = server.memory_bytes()
    for _ in range(IDLE_RAFFLES):
        raffle_id = server.create_raffle(100)
    idle = (server.memory_bytes() - before) / IDLE_RAFFLES / 1000
    with Swarm(server.port, socket_path(raffle_id), 50) as some:
        some.settle()
    before = server.memory_bytes()
    with Swarm(server.port, socket_path(raffle_id), VIEWERS) as viewers:
        viewers.settle()
        each = (server.memory_bytes() - before) / VIEWERS / 1000
    return [
        Figure(what="memory of an idle raffle of 100, loaded", unit="KB", ours=(idle,)),
        Figure(what="memory of a viewer", unit="KB", ours=(each,)),
    ]


def _activation_ms(server: Server) -> float:
    raffle_id = server.draft_raffle(SIZES[-1])
    sales = SOLD // NUMBERS_A_SALE
    rows.fill(
        server.database_url,
        raffle_id,
        sales,
        NUMBERS_A_SALE,
        phase="completed",
        until=time.time() + 600,
    )
    return _milliseconds(lambda: server.http.get(f"/raffles/{raffle_id}/board").raise_for_status())


def _milliseconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000
