"""What a run was measured on: figures without a machine mean nothing."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

import psutil

_PAGE: Final = 8192
_FILE_BYTES: Final = 16 << 20


def describe() -> str:
    """Processor, cores, memory, system, Python, and what somebody else leaves us of them."""
    cores = len(os.sched_getaffinity(0))
    memory_gb = psutil.virtual_memory().total / 1e9
    return (
        f"{_processor()}, {cores} cores, {memory_gb:.0f} GB, "
        f"{platform.system()} {platform.release().split('-')[0]}, "
        f"CPython {platform.python_version()}, {weather()}"
    )


def weather() -> str:
    """How busy the machine is at this moment, and how long its disk takes to promise 8 KB.

    Every durable answer waits for that promise: 0.1 ms and 4 ms are different machines, and a
    machine whose cores are taken by others answers like the second one.
    """
    return f"load average {os.getloadavg()[0]:.2f}, fdatasync of 8 KB {sync_ms():.2f} ms (p50)"


def sync_ms(times: int = 100) -> float:
    """The median time of `fdatasync` after overwriting one page of a file, in milliseconds."""
    taken = []
    with tempfile.TemporaryFile() as file:
        file.write(bytes(_FILE_BYTES))
        os.fsync(file.fileno())
        for turn in range(times):
            os.pwrite(file.fileno(), b"x" * _PAGE, turn * _PAGE)
            begin = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - begin)
    return median(taken) * 1000


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
