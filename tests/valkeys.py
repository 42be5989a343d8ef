"""A Valkey of a test's own, that it may kill, freeze and start again."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sorteos_actors.embedded.valkey import Valkey


@contextmanager
def a_valkey(directory: Path) -> Iterator[Valkey]:
    """A running server; nothing is left of it at the end, also when it is frozen by then."""
    server = Valkey(directory)
    try:
        server.start()
        yield server
    finally:
        if server.pid is not None:
            os.kill(server.pid, signal.SIGCONT)
        server.stop()
