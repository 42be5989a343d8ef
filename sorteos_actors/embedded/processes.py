"""Server processes, found by the directory they work in, and ended.

A pid in a file may be somebody else's by now, after a reboot or in a new container, and a server may
rewrite its command line. Its working directory and its name are what it cannot lend to others.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from pathlib import Path

import psutil


def left_over(directory: Path, name: str) -> list[psutil.Process]:
    """The processes called `name` that work in `directory`."""
    found = []
    for process in psutil.process_iter():
        # Others' processes may be closed to us, and any may end while we look.
        with contextlib.suppress(psutil.Error):
            if process.name() == name and Path(process.cwd()) == directory:
                found.append(process)
    return found


def end_all(processes: list[psutil.Process], how: signal.Signals, seconds: float) -> None:
    """Ask with the signal, wait, and kill what is still there."""
    for attempt in (how, signal.SIGKILL):
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(attempt)
        give_up = time.monotonic() + seconds
        while (processes := list(filter(_is_alive, processes))) and time.monotonic() < give_up:
            time.sleep(0.01)


def _is_alive(process: psutil.Process) -> bool:
    """Not so a zombie: whoever inherited it may take its time to bury it, or never do."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def end_child(child: subprocess.Popen[bytes], how: signal.Signals, seconds: float) -> bool:
    """The same for a child of ours. False: it did not listen and had to be killed."""
    child.send_signal(how)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return False
    return True
