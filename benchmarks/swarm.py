"""Many WebSockets in one thread, with epoll and nothing else: the load that others feel."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator

from benchmarks import wire

_HANDSHAKES_AT_ONCE = 100
_READ = 1 << 16


class Member:
    """One socket of a swarm, known by its `index`."""

    __slots__ = ("index", "reader", "sock")

    def __init__(self, index: int, sock: socket.socket, rest: bytes) -> None:
        self.index = index
        self.sock = sock
        self.reader = wire.FrameReader(rest)


class Swarm:
    """`count` open sockets on one path. A context manager that closes them."""

    def __init__(
        self, port: int, path: str, count: int, *, receive_buffer: int | None = None
    ) -> None:
        self._epoll = select.epoll()
        self.members: list[Member] = []
        self._by_fd: dict[int, Member] = {}
        for start in range(0, count, _HANDSHAKES_AT_ONCE):
            some = min(_HANDSHAKES_AT_ONCE, count - start)
            for sock, rest in _connect(port, path, some, receive_buffer):
                member = Member(len(self.members), sock, rest)
                self.members.append(member)
                self._by_fd[sock.fileno()] = member
                self._epoll.register(sock.fileno(), select.EPOLLIN)

    def __enter__(self) -> Swarm:
        return self

    def __exit__(self, *_: object) -> None:
        self._epoll.close()
        for member in self.members:
            member.sock.close()

    def send(self, index: int, data: bytes) -> None:
        """Send to one member's server; what a buyer says always fits into the kernel's buffer."""
        sent = self.members[index].sock.send(data)
        if sent != len(data):
            raise wire.UnexpectedFrame("the server does not read")

    def poll(self, seconds: float) -> Iterator[tuple[Member, list[tuple[int, bytes]]]]:
        """What came in, waiting at most `seconds` for the first of it.

        Answers pings. Raises `UnexpectedFrame` when the server closes a socket.
        """
        for fd, _ in self._epoll.poll(max(0.0, seconds), 256):
            member = self._by_fd[fd]
            data = member.sock.recv(_READ)
            if not data:
                raise wire.UnexpectedFrame("the server closed a socket")
            frames = member.reader.feed(data)
            for opcode, payload in frames:
                if opcode == wire.CLOSE:
                    raise wire.UnexpectedFrame(f"closed: {payload!r}")
                if opcode == wire.PING:
                    self.send(member.index, wire.masked_frame(payload, 0xA))
            yield member, frames

    def settle(self, quiet_seconds: float = 0.2, at_most: float = 20.0) -> None:
        """Read until nothing has come for a while: everybody has joined and has the board."""
        end = time.perf_counter() + at_most
        quiet_at = time.perf_counter() + quiet_seconds
        while time.perf_counter() < min(end, quiet_at):
            for _ in self.poll(quiet_seconds):
                quiet_at = time.perf_counter() + quiet_seconds

    def fall_asleep(self, indices: range) -> None:
        """From now on these members read nothing; the others do not notice, one hopes."""
        for index in indices:
            self._epoll.unregister(self.members[index].sock.fileno())

    def drain(self) -> None:
        """Read and forget, until the server closes a socket."""
        while True:
            for fd, _ in self._epoll.poll():
                if not self._by_fd[fd].sock.recv(_READ):
                    return


def _connect(
    port: int, path: str, count: int, receive_buffer: int | None
) -> Iterator[tuple[socket.socket, bytes]]:
    sockets = []
    for _ in range(count):
        sock = socket.socket()
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(20)
        sock.connect(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(wire.upgrade_request(f"127.0.0.1:{port}", path))
        sockets.append(sock)
    for sock in sockets:
        head = b""
        while wire.END_OF_HEAD not in head:
            # Small bites: what follows the head stays in the kernel, for a reader or for nobody.
            data = sock.recv(512)
            if not data:
                raise wire.UnexpectedFrame(f"no upgrade: {head!r}")
            head += data
        head, _, rest = head.partition(wire.END_OF_HEAD)
        if not head.startswith(b"HTTP/1.1 101"):
            raise wire.UnexpectedFrame(f"no upgrade: {head!r}")
        sock.setblocking(False)
        yield sock, rest
