"""The only module that knows asyncio exists.

asyncpg and redis-py speak asyncio; everything here speaks trio. One asyncio loop runs inside trio,
opened by `main` above everything that uses it, and each call crosses the bridge once: the function
that crosses does all of its work on the other side.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, ParamSpec, TypeVar

import trio_asyncio

P = ParamSpec("P")
T = TypeVar("T")


@asynccontextmanager
async def open_loop() -> AsyncIterator[None]:
    """An asyncio loop for everything inside the block; ends with it, and cancels what is left."""
    async with trio_asyncio.open_loop():
        yield


async def run(
    function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run an asyncio function to its end. Needs `open_loop` around.

    Cancelling throws `asyncio.CancelledError` into the function, once, and waits until it has
    cleaned up; then `trio.Cancelled` comes out here. What it returns in spite of it is returned.
    Raises `ConnectionAbortedError` when the function was cancelled from the asyncio side.
    """
    try:
        result: T = await trio_asyncio.aio_as_trio(function)(*args, **kwargs)
    except asyncio.CancelledError as error:
        raise ConnectionAbortedError("the asyncio side was cancelled") from error
    return result


def deadline(seconds: float) -> AbstractAsyncContextManager[object]:
    """For use inside of an asyncio function: `TimeoutError` when the block takes longer."""
    return asyncio.timeout(seconds)
