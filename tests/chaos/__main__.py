"""The long run: one cluster, round after round of trade and faults, each judged by itself.

    python -m tests.chaos --minutes 30 --seed 7 --json chaos.json
    python -m tests.chaos --seed 7 --round 12      the schedule of one round again
    python -m tests.chaos --late-payments 500 --json late-payments.json

Each round has fresh raffles and a schedule of its own. What is wrong is kept beside the JSON file: the
schedule, the nodes' logs and the histories. Ends with 1 when anything was wrong, or when ten minutes and
more never met some fault, or no takeover, no write of a deposed owner, no unknown outcome.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import msgspec
import trio

from sorteos_actors import asyncio_bridge
from sorteos_actors.embedded import EmbeddedServers
from sorteos_actors.store.pool import open_pool
from sorteos_actors.testing.history import write_history
from tests.chaos.cluster import Cluster, NotReady, open_cluster, open_servers
from tests.chaos.faults import FAULTS
from tests.chaos.figures import Figures
from tests.chaos.judge import Violation
from tests.chaos.late_payments import LatePayments
from tests.chaos.schedule import Step, draw
from tests.chaos.trial import Outcome, Plan, run_trial
from tests.databases import fresh_database
from tests.places import a_place_for_servers

_SUMMED: Final = (
    "commands",
    "attempts",
    "unknown",
    "healed_by_one_retry",
    "not_healed_by_one_retry",
    "given_up",
    "connections",
    "failed_connections",
)


_MUST_BE_MET: Final = (
    "sorteos_fence_rejections_total",
    "sorteos_takeovers_total",
    "sorteos_leases_lost_total",
    "sorteos_raffles_handed_over_total",
    "sorteos_commands_forwarded_total",
)
_LONG_MINUTES: Final = 10.0
_LATE_CHECKOUT_SECONDS: Final = 15


class Report:
    """Everything that is told at the end."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.violations: list[tuple[int, Violation]] = []
        self.rounds = 0
        self._options = options
        self._began = time.monotonic()
        self._sums: Counter[str] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()

    def add(self, number: int, outcome: Outcome) -> None:
        """One round is over."""
        self.rounds += 1
        self.violations += [(number, violation) for violation in outcome.violations]
        for name in _SUMMED:
            self._sums[name] += getattr(outcome.tally, name)
        for name in ("operations", "events", "epochs", "expired", "reconnects"):
            self._sums[name] += getattr(outcome, name)
        self._outcomes.update(outcome.tally.outcomes)
        self._faults.update(outcome.strikes)

    def never_met(self, figures: Figures) -> list[str]:
        """Faults that were never drawn, and consequences that were never counted."""
        counted = figures.sums()
        names = [name for name in _MUST_BE_MET if not any(n.startswith(name) for n in counted)]
        names += [fault for fault in FAULTS if not self._faults[fault]]
        return names + [
            name for name in ("unknown", "expired", "reconnects") if not self._sums[name]
        ]

    def content(self, cluster: Cluster, figures: Figures) -> dict[str, Any]:
        """For the JSON file."""
        return {
            "seed": self._options.seed,
            "minutes": round((time.monotonic() - self._began) / 60, 1),
            "rounds": self.rounds,
            "buyers": self._options.buyers,
            "nodes": len(cluster.nodes),
            "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
            **self._sums,
            "answers": dict(sorted(self._outcomes.items())),
            "faults": dict(sorted(self._faults.items())),
            "node_starts": sum(node.starts for node in cluster.nodes),
            "starts_refused_without_postgresql": sum(n.refused_starts for n in cluster.nodes),
            "counted_by_nodes": figures.sums(),
            "never_met": self.never_met(figures),
            "violations": [
                {"round": number, "kind": violation.kind, "text": violation.text}
                for number, violation in self.violations
            ],
        }


def main() -> int:
    """Parse the options and run. The exit status says whether everything held."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", default=str(time.time_ns()))
    parser.add_argument("--round", type=int, help="only this round of the seed")
    parser.add_argument("--round-seconds", type=float, default=45.0)
    parser.add_argument("--buyers", type=int, default=24)
    parser.add_argument("--json", type=Path, default=Path("chaos.json"))
    parser.add_argument("--late-payments", type=int, help="only these, and nothing else")
    options = parser.parse_args()
    run = _run if options.late_payments is None else _run_late
    with a_place_for_servers() as place, open_servers(place) as servers:
        database_url = fresh_database(servers)
        return trio.run(run, options, servers, database_url, place)


async def _run_late(
    options: argparse.Namespace, servers: EmbeddedServers, database_url: str, place: Path
) -> int:
    async with (
        asyncio_bridge.open_loop(),
        open_pool(database_url) as pool,
        open_cluster(servers, database_url, place) as cluster,
    ):
        run = LatePayments(cluster, pool, options.late_payments, options.seed)
        outcome = await run.run(_LATE_CHECKOUT_SECONDS)
    machine = {"cpus": os.cpu_count(), "python": platform.python_version()}
    told = {"seed": options.seed, "machine": machine, **msgspec.to_builtins(outcome)}
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(told)) + b"\n")
    print(options.json.read_text())
    return 1 if outcome.violations or outcome.resolved < options.late_payments else 0


async def _run(
    options: argparse.Namespace, servers: EmbeddedServers, database_url: str, place: Path
) -> int:
    report = Report(options)
    until = trio.current_time() + options.minutes * 60
    async with (
        asyncio_bridge.open_loop(),
        open_cluster(servers, database_url, place) as cluster,
        trio.open_nursery() as nursery,
    ):
        figures = Figures(cluster.nodes)
        nursery.start_soon(figures.watch)
        number = options.round or 1
        while True:
            is_whole = await _round(number, cluster, options, report)
            content = report.content(cluster, figures)
            options.json.write_bytes(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
            if not is_whole or options.round or trio.current_time() > until:
                break
            number += 1
        nursery.cancel_scope.cancel()
        never_met = report.never_met(figures)
    print(options.json.read_text())
    # A long run that has not seen everything has proved less than it says.
    is_thin = bool(never_met) and options.minutes >= _LONG_MINUTES and options.round is None
    return 1 if report.violations or is_thin else 0


async def _round(
    number: int, cluster: Cluster, options: argparse.Namespace, report: Report
) -> bool:
    """False when there is no cluster left to go on with."""
    plan = Plan(seed=f"{options.seed}/{number}", buyers=options.buyers)
    steps = draw(plan.seed, options.round_seconds)
    print(f"round {number} (again: --seed {options.seed} --round {number})", flush=True)
    for step in steps:
        print(f"    {step}", flush=True)
    try:
        outcome = await run_trial(cluster, plan, steps)
    except NotReady as error:
        report.violations.append((number, Violation("not_ready", str(error))))
        _keep_evidence(number, cluster, options, steps, report, None)
        print(f"    NOT READY: {error}", flush=True)
        return False
    report.add(number, outcome)
    tally = outcome.tally
    print(
        f"    {outcome.operations} operations, {tally.unknown} unknown, {tally.given_up} given up, "
        f"{outcome.epochs} epochs, {len(outcome.violations)} violations",
        flush=True,
    )
    if outcome.violations:
        print(outcome.report(), flush=True)
        _keep_evidence(number, cluster, options, steps, report, outcome)
    return True


def _keep_evidence(
    number: int,
    cluster: Cluster,
    options: argparse.Namespace,
    steps: list[Step],
    report: Report,
    outcome: Outcome | None,
) -> None:
    folder = options.json.with_suffix(f".round-{number}")
    folder.mkdir(exist_ok=True)
    (folder / "schedule.txt").write_text("".join(f"{step}\n" for step in steps))
    found = [violation for at, violation in report.violations if at == number]
    (folder / "violations.txt").write_text("\n\n".join(f"{v.kind}: {v.text}" for v in found))
    for node in cluster.nodes:
        (folder / f"{node.name.replace(' ', '-')}.log").write_text(node.log())
    if outcome is not None:
        for raffle_id, operations in outcome.histories.items():
            write_history(folder / f"{raffle_id}.jsonl", operations)


if __name__ == "__main__":
    sys.exit(main())
