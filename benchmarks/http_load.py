"""Load over HTTP/1.1: kept-alive sockets in one thread, requests encoded before the clock starts."""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from collections.abc import Iterator
from typing import Final

from benchmarks.load import Load, TooManyRefusals
from benchmarks.wire import END_OF_HEAD, UnexpectedFrame

_READ: Final = 1 << 16
_LENGTH: Final = b"content-length:"
_LAST_ANSWERS_SECONDS: Final = 10.0


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A request, ready to be sent."""
    head = {"Host": "127.0.0.1", "Content-Type": "application/json", **headers}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("ascii") + body


class AnswerReader:
    """Cuts a stream into answers. Every answer must say its length, as all of the server's do."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Status and body of each answer that is complete now."""
        self._buffer += data
        found = []
        while (end := self._buffer.find(END_OF_HEAD)) >= 0:
            head = self._buffer[:end].lower()
            at = head.find(_LENGTH)
            if not head.startswith(b"http/1.1 ") or at < 0:
                raise UnexpectedFrame(f"not an answer: {head[:80]!r}")
            length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0])
            start = end + len(END_OF_HEAD)
            if len(self._buffer) < start + length:
                break
            found.append((int(head[9:12]), self._buffer[start : start + length]))
            self._buffer = self._buffer[start + length :]
        return found


class HttpSwarm:
    """`count` open connections. A context manager that closes them."""

    def __init__(self, port: int, count: int) -> None:
        self._epoll = select.epoll()
        self._sockets: list[socket.socket] = []
        self._by_fd: dict[int, tuple[int, AnswerReader]] = {}
        for index in range(count):
            sock = socket.create_connection(("127.0.0.1", port), timeout=20)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.append(sock)
            self._by_fd[sock.fileno()] = index, AnswerReader()
            self._epoll.register(sock.fileno(), select.EPOLLIN)

    def __len__(self) -> int:
        return len(self._sockets)

    def __enter__(self) -> HttpSwarm:
        return self

    def __exit__(self, *_: object) -> None:
        self._epoll.close()
        for sock in self._sockets:
            sock.close()

    def send(self, index: int, request: bytes) -> None:
        """Ask on one connection."""
        self._sockets[index].sendall(request)

    def poll(self, seconds: float) -> Iterator[tuple[int, int, bytes]]:
        """Connection, status and body of what came in, waiting at most so long for the first of it."""
        for fd, _ in self._epoll.poll(max(0.0, seconds), 256):
            index, reader = self._by_fd[fd]
            data = self._sockets[index].recv(_READ)
            if not data:
                raise UnexpectedFrame("the server closed a connection")
            for status, body in reader.feed(data):
                yield index, status, body

    def answers(self, count: int) -> list[bytes]:
        """The bodies of so many answers. Raises `TooManyRefusals` for any that is not a 2xx."""
        bodies: list[bytes] = []
        give_up = time.perf_counter() + _LAST_ANSWERS_SECONDS
        while len(bodies) < count:
            if time.perf_counter() > give_up:
                raise TooManyRefusals(f"{len(bodies)} of {count} answers came")
            bodies += [_good(status, body) for _, status, body in self.poll(0.1)]
        return bodies


def _good(status: int, body: bytes) -> bytes:
    if not 200 <= status < 300:
        raise TooManyRefusals(f"{status}: {body[:200]!r}")
    return body


def run(
    swarm: HttpSwarm,
    requests: Iterator[bytes],
    seconds: float,
    *,
    rate: float | None = None,
    warm_up: float = 0.5,
) -> Load:
    """Send `requests` for `seconds`, each as soon as a connection is free, or `rate` times a second.

    With a rate, time counts from when a request was due. The warm-up counts for nothing but
    `acknowledged`. Raises `TooManyRefusals` for any answer that is not a 2xx.
    """
    load = Load(latencies=[])
    free = deque(range(len(swarm)))
    due_of: dict[int, float] = {}
    start = time.perf_counter()
    begin, end = start + warm_up, start + warm_up + seconds
    asked, has_more = 0, True
    while due_of or (has_more and time.perf_counter() < end):
        now = time.perf_counter()
        if now > end + _LAST_ANSWERS_SECONDS:
            raise TooManyRefusals(f"{len(due_of)} answers never came")
        due = now if rate is None else start + asked / rate
        while has_more and free and due <= now < end:
            request = next(requests, None)
            if request is None:
                has_more = False
                break
            index = free.popleft()
            due_of[index] = due
            swarm.send(index, request)
            asked += 1
            due = now if rate is None else start + asked / rate
        pause = due - now if rate is not None and free and now < end else 0.05
        for index, status, body in swarm.poll(pause):
            _good(status, body)
            now, due = time.perf_counter(), due_of.pop(index)
            free.append(index)
            load.acknowledged += 1
            if begin <= now < end:
                load.latencies.append(now - due)
                load.seconds = now - begin
    return load
