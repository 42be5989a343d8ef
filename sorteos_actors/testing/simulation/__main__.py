"""``python -m sorteos_actors.testing.simulation``: replay one seed, or play many and count.

Ends with 0 when no promise was broken and every rare thing was met, else with 1.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from sorteos_actors.testing.simulation.run import RARE, Outcome, replay_command, run_seed

_CHUNK = 50


def main() -> int:
    """Read the arguments, play, print."""
    parser = argparse.ArgumentParser(
        prog="python -m sorteos_actors.testing.simulation", description=__doc__
    )
    parser.add_argument("--seed", type=int, help="replay this one, and print its trace")
    parser.add_argument("--seeds", type=int, default=100, help="how many to play")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if options.seed is not None:
        return _replay(options.seed)
    return _play(options)


def _replay(seed: int) -> int:
    outcome = run_seed(seed)
    print("\n".join(outcome.trace))
    for violation in outcome.violations:
        print(f"seed {seed}: {violation}", file=sys.stderr)
    return 1 if outcome.violations else 0


def _play(options: argparse.Namespace) -> int:
    began = time.perf_counter()
    seen: Counter[str] = Counter()
    broken: list[dict[str, object]] = []
    seeds = range(options.first, options.first + options.seeds)
    for played, outcome in enumerate(_outcomes(seeds, options.processes), start=1):
        seen.update(outcome.seen)
        if outcome.violations:
            broken.append({"seed": outcome.seed, "violations": outcome.violations})
            print(f"{outcome.violations[0]}\n  {replay_command(outcome.seed)}", file=sys.stderr)
        if played % 1000 == 0:
            print(f"{played} seeds, {len(broken)} broken", file=sys.stderr, flush=True)
    never = [what for what in RARE if not seen[what]]
    figures = {
        "seeds": options.seeds,
        "first": options.first,
        "broken": broken,
        "seconds": round(time.perf_counter() - began, 1),
        "seen": dict(sorted(seen.items())),
        "never seen": never,
    }
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json is not None:
        options.json.write_text(text + "\n")
    return 1 if broken or never else 0


def _outcomes(seeds: range, processes: int) -> Iterator[Outcome]:
    """In the order of the seeds."""
    if processes <= 1:
        yield from map(run_seed, seeds)
        return
    with ProcessPoolExecutor(processes, initializer=_be_quiet) as pool:
        yield from pool.map(run_seed, seeds, chunksize=_CHUNK)


def _be_quiet() -> None:
    logging.disable(logging.CRITICAL)


if __name__ == "__main__":
    sys.exit(main())
