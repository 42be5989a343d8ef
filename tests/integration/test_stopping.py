"""A server that is asked to stop before it has quite begun."""

from __future__ import annotations

from pathlib import Path

from sorteos_actors.embedded import EmbeddedServers
from tests.integration.server_process import ServerProcess


def test_a_server_that_is_stopped_in_the_moment_it_answers_ends_in_order(
    servers: EmbeddedServers, database_url: str, tmp_path: Path
) -> None:
    # It answers before it has made its demo raffles, and listens to signals all the time.
    server = ServerProcess(database_url, servers.redis_url or "", tmp_path)
    for _ in range(3):
        server.start()
        assert server.stop() == 0, server.log()
    assert "Traceback" not in server.log()
