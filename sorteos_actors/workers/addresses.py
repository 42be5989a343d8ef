"""The sockets of workers: one port for everybody's connections, and an address of each one's own."""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import urlsplit

import msgspec

from sorteos_actors.errors import CannotStart
from sorteos_actors.main import listen

_LAST_PORT: Final = 65_535


class SharedPort(msgspec.Struct, frozen=True):
    """A port that several sockets of this user may have."""

    family: socket.AddressFamily
    address: tuple[str, int]

    def bind(self) -> socket.socket:
        """One more socket on it. It gets connections as soon as it listens."""
        sock = socket.socket(self.family)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if self.family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(self.address)
        except OSError as error:
            sock.close()
            raise CannotStart(
                f"Port {self.address[1]} on {self.address[0]} cannot be shared by workers "
                f"({error.strerror or error})."
            ) from None
        return sock


def find_shared_port(host: str, port: int) -> SharedPort:
    """A port that nobody else has. Raises `CannotStart`.

    Asked for alone first: sharing would be allowed also with the workers of another instance, and
    half of the connections would go there.
    """
    with listen(host, port) as alone:
        return SharedPort(alone.family, alone.getsockname()[:2])


class NodeUrls:
    """Where other nodes reach the workers: `NODE_URL`'s port is the first one's, the next the second's.

    There is one more than there are workers, since an old one and a new one are there at once when one
    replaces the other. Without a `NODE_URL` each takes any free port, and what is lent here is None.
    """

    def __init__(self, node_url: str | None, workers: int, shared_port: int) -> None:
        self._urls: list[str] = []
        self._lent: set[str] = set()
        if node_url is None:
            return
        parts = urlsplit(node_url)
        host = parts.netloc if parts.port is None else parts.netloc.rpartition(":")[0]
        first = parts.port or 80
        ports = range(first, first + workers + 1)
        if shared_port in ports or ports[-1] > _LAST_PORT:
            raise CannotStart(
                f"NODE_URL must leave room: {workers} workers take the ports {first} to "
                f"{ports[-1]}, and {shared_port} is for everybody."
            )
        self._urls = [f"http://{host}:{port}" for port in ports]

    def lend(self, number: int) -> str | None:
        """Worker `number`'s own, counted from 1; while that is in use, another one."""
        if not self._urls:
            return None
        own = self._urls[number - 1]
        found = next(url for url in (own, *self._urls) if url not in self._lent)
        self._lent.add(found)
        return found

    def give_back(self, url: str | None) -> None:
        """Its worker has ended."""
        if url is not None:
            self._lent.remove(url)
