"""A fault proxy for code that does not run on trio: a thread of its own, and thread-safe methods."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

import trio

from sorteos_actors.testing.fault_proxy import (
    Afterwards,
    Counters,
    Direction,
    FaultProxy,
)
from sorteos_actors.testing.proxied_requests import RawRequests, RequestReader

P = ParamSpec("P")
T = TypeVar("T")


class FaultProxyThread:
    """A `FaultProxy` that serves while the block runs; each method has been done when it returns.

    Any thread may call any method, but no task of trio should: a call waits for the proxy's thread.
    Raises `trio.RunFinishedError` outside of the block.
    """

    def __init__(
        self,
        target_host: str,
        target_port: int,
        *,
        requests: Callable[[], RequestReader] = RawRequests,
    ) -> None:
        self._proxy = FaultProxy(target_host, target_port, requests=requests)
        self._thread = threading.Thread(target=self._run, name="fault-proxy", daemon=True)
        self._has_started = threading.Event()
        self._stop = trio.Event()
        self._token: trio.lowlevel.TrioToken | None = None
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._has_started.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(trio.RunFinishedError):  # It failed: the reason comes below.
            self._call(self._stop.set)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    @property
    def port(self) -> int:
        """See `FaultProxy`."""
        return self._proxy.port

    def through(self, url: str) -> str:
        """See `FaultProxy`."""
        return self._proxy.through(url)

    @property
    def counters(self) -> Counters:
        """See `FaultProxy`."""
        return self._call(lambda: self._proxy.counters)

    @property
    def open_connections(self) -> int:
        """See `FaultProxy`."""
        return self._call(lambda: self._proxy.open_connections)

    def until(self, reached: Callable[[Counters], bool], *, seconds: float) -> None:
        """See `FaultProxy`. Raises `trio.TooSlowError` after `seconds`."""

        async def wait() -> None:
            with trio.fail_after(seconds):
                await self._proxy.until(reached)

        trio.from_thread.run(wait, trio_token=self._token)

    def delay(self, seconds: float) -> None:
        """See `FaultProxy`."""
        self._call(self._proxy.delay, seconds)

    def refuse(self) -> None:
        """See `FaultProxy`."""
        self._call(self._proxy.refuse)

    def drop(self) -> None:
        """See `FaultProxy`."""
        self._call(self._proxy.drop)

    def blackhole(self, *directions: Direction) -> None:
        """See `FaultProxy`."""
        self._call(self._proxy.blackhole, *directions)

    def swallow_answers(
        self,
        marker: bytes | None = None,
        *,
        times: int | None = None,
        afterwards: Afterwards = "reset",
    ) -> None:
        """See `FaultProxy`."""
        self._call(lambda: self._proxy.swallow_answers(marker, times=times, afterwards=afterwards))

    def lose_requests(self, marker: bytes | None = None, *, times: int | None = None) -> None:
        """See `FaultProxy`."""
        self._call(lambda: self._proxy.lose_requests(marker, times=times))

    def heal(self) -> None:
        """See `FaultProxy`."""
        self._call(self._proxy.heal)

    def _run(self) -> None:
        try:
            trio.run(self._serve)
        except BaseException as error:  # Told by whoever enters or leaves the block.
            self._failure = error
        finally:
            self._has_started.set()

    async def _serve(self) -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(self._proxy.run)
            self._token = trio.lowlevel.current_trio_token()
            self._has_started.set()
            await self._stop.wait()
            nursery.cancel_scope.cancel()

    def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return trio.from_thread.run_sync(lambda: function(*args, **kwargs), trio_token=self._token)
