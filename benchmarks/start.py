"""Start: from the command to the first answer, with everything set up and stopped before."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure, Result
from benchmarks.servers import ROOT, Stage, free_port, stop, wait_for_answer

_CONFIGURED: Final = ("DATABASE_URL", "REDIS_URL", "JWT_SECRET")


def run(stage: Stage) -> Result:
    """The first start makes the data dir; the later ones are measured against the goal."""
    data_dir = stage.folder / "start"
    data_dir.mkdir()
    first = _start(data_dir)
    later = tuple(_start(data_dir) for _ in range(1 if stage.quick else 3))
    return Result(
        name="start",
        title="Start: from `python3 run.py` to the first answer",
        method=(
            "The one command with its own PostgreSQL and Valkey, stopped by SIGTERM in between; "
            "the answer is the list of raffles, asked for every 5 ms."
        ),
        figures=[
            Figure(what="later start", unit="s", ours=later, at_most=5),
            Figure(what="first start on an empty data dir", unit="s", ours=(first,)),
        ],
    )


def _start(data_dir: Path) -> float:
    port = free_port()
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in _CONFIGURED and not name.startswith(("DB_", "REDIS_"))
    }
    log = data_dir.parent / "start.log"
    begin = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                *(sys.executable, str(ROOT / "run.py"), "serve"),
                *("--port", str(port), "--data-dir", str(data_dir)),
            ],
            env=environment,
            stdout=out,
            stderr=out,
        )
    try:
        wait_for_answer(port, "/api/v1/raffles", process, log)
        return time.perf_counter() - begin
    finally:
        stop(process)
