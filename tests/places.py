"""Where servers of tests keep their data: not under pytest's own folder.

As root, PostgreSQL runs as a user of its own, who must pass all the directories above its data. pytest
closes its folder to others whenever a session starts, also under the servers of another session.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def a_place_for_servers() -> Iterator[Path]:
    """A temporary directory that is gone with the block."""
    with TemporaryDirectory(prefix="sorteos-test-", ignore_cleanup_errors=True) as place:
        yield Path(place)
