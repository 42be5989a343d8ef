"""``python -m benchmarks``: run scenarios, print their tables, keep what was measured."""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec.structs import replace
from rich.console import Console

from benchmarks import (
    cluster,
    expiry,
    fanout,
    hot_raffle,
    latency,
    machine,
    report,
    sales,
    size,
    slow_viewers,
    sold_on_screens,
    start,
    webhooks,
)
from benchmarks.figures import Result
from benchmarks.servers import ROOT, Stage

SCENARIOS: Final[dict[str, Callable[[Stage], Result]]] = {
    "hot_raffle": hot_raffle.run,
    "latency": latency.run,
    "fanout": fanout.run,
    "slow_viewers": slow_viewers.run,
    "expiry": expiry.run,
    "size": size.run,
    "start": start.run,
    "cluster": cluster.run,
    "sales": sales.run,
    "webhooks": webhooks.run,
    "sold_on_screens": sold_on_screens.run,
}
PICTURE: Final = ROOT / "docs/images/performance.png"
_WIDTH: Final = 140
"""Columns when the output is a file."""
_EXAMPLES: Final = """examples:
  python3 run.py bench                      every scenario, about five minutes
  python3 run.py bench hot_raffle --quick   one scenario, a few seconds, rough figures
  python3 run.py bench --plot --markdown    what docs/performance.md shows
  python3 run.py bench --from run.json --plot
"""


def main() -> int:
    """Run, print, write. 0 when every goal is met, 1 when one is missed."""
    options = _options()
    console = Console(stderr=bool(options.markdown))
    if not console.is_terminal:
        console = Console(stderr=bool(options.markdown), width=_WIDTH)
    _raise_file_limit()
    run = report.load(options.source.read_bytes()) if options.source else _measure(options, console)
    if options.source:
        for result in run.results:
            report.show(console, result)
    if options.markdown:
        print(report.markdown(run))
    if options.json:
        options.json.write_bytes(report.dump(run))
    if options.plot:
        from benchmarks import plot  # Not everybody who measures has a plotting library.

        plot.draw(run, options.plot)
    missed = [f.what for result in run.results for f in result.figures if f.is_met is False]
    console.print(f"missed: {'; '.join(missed)}" if missed else "every goal is met")
    return 1 if missed else 0


def _measure(options: argparse.Namespace, console: Console) -> report.Run:
    described = machine.describe()
    console.print(f"{described}\n")
    results = []
    with ExitStack() as stack:
        stage = Stage(stack, quick=options.quick, profile_dir=options.profile)
        for name in options.scenario or SCENARIOS:
            begin = time.perf_counter()
            result = SCENARIOS[name](stage)
            results.append(replace(result, seconds=round(time.perf_counter() - begin, 1)))
            report.show(console, results[-1])
    words = ["python3 run.py bench", *options.scenario, *(["--quick"] if options.quick else [])]
    at = datetime.now(UTC).strftime("%Y-%m-%d")
    return report.Run(described, at, " ".join(words), machine.weather(), results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="sorteos bench",
        description="Measure the server against its goals, with the baseline in the same run.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "scenario", nargs="*", choices=[*SCENARIOS, []], help="one or more; all when none is named"
    )
    parser.add_argument("--quick", action="store_true", help="under a minute, rough figures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep every run's value")
    parser.add_argument("--markdown", action="store_true", help="print Markdown on stdout")
    parser.add_argument(
        "--plot", type=Path, nargs="?", const=PICTURE, metavar="FILE", help="draw the picture"
    )
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="FILE",
        help="show what --json kept; run nothing",
    )
    parser.add_argument(
        "--profile", type=Path, metavar="FOLDER", help="run the servers under cProfile (slower)"
    )
    return parser.parse_args()


def _raise_file_limit() -> None:
    """A socket is a file: thousands of viewers need more than the usual 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main())
