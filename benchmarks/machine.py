"""What a run was measured on: figures without a machine mean nothing."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil


def describe() -> str:
    """Processor, cores, memory, system, Python, and how busy the machine was before we came."""
    cores = len(os.sched_getaffinity(0))
    memory_gb = psutil.virtual_memory().total / 1e9
    return (
        f"{_processor()}, {cores} cores, {memory_gb:.0f} GB, "
        f"{platform.system()} {platform.release().split('-')[0]}, "
        f"CPython {platform.python_version()}, load average {load():.2f} at the start"
    )


def load() -> float:
    """Processes that wanted a core in the last minute."""
    return os.getloadavg()[0]


def tcp_memory_bytes() -> int | None:
    """Memory that the kernel holds for all TCP sockets; None where it does not say."""
    try:
        lines = Path("/proc/net/sockstat").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        words = line.split()
        if words[0] == "TCP:" and "mem" in words:
            return int(words[words.index("mem") + 1]) * os.sysconf("SC_PAGE_SIZE")
    return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
