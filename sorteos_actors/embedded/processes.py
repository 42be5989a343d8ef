"""Server processes, found by the directory they work in, and ended.

A pid in a file may be somebody else's by now, after a reboot or in a new container, and a server may
rewrite its command line. Its working directory and its name are what it cannot lend to others.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
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
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(how)
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=seconds)


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
