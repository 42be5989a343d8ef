"""Which database a verb means: the configured one, or the embedded one of the data directory.

The embedded one is started for the time of the verb, unless a running instance has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sorteos_actors.config import Settings
from sorteos_actors.embedded import is_held, open_embedded, running_urls
from sorteos_actors.errors import CannotStart


@contextmanager
def database_for(settings: Settings, data_dir: Path, *, may_share: bool) -> Iterator[str]:
    """The URL of the database, up for the time of the block.

    An embedded one in use by a running instance is given only when the verb `may_share` it. Raises
    `CannotStart`.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    if may_share and is_held(data_dir):
        running = running_urls(data_dir).database
        if running is None:
            raise CannotStart(f"A running instance has {data_dir}, and its database is elsewhere.")
        yield running
        return
    with open_embedded(data_dir, postgres=True, valkey=False) as servers:
        assert servers.database_url is not None
        yield servers.database_url
