"""The sockets of a node together: places, and sending everybody away."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from sorteos_actors.protocol.close_codes import RESTARTING, CloseCode
from sorteos_actors.web.sockets import SILENT_SECONDS, Sockets


class Line:
    """A socket that keeps what is done to it."""

    def __init__(self) -> None:
        self.last_heard = trio.current_time()
        self.done: list[object] = []

    def push(self, frame: bytes) -> None:
        self.done.append(frame)

    def close(self, code: CloseCode, reason: str = "") -> None:
        self.done.append((code, reason.startswith('{"retry_after_ms":')))

    def abandon(self) -> None:
        self.done.append("abandoned")


async def test_who_comes_while_everybody_is_sent_away_is_sent_away_too(
    nursery: trio.Nursery,
) -> None:
    sockets, early, late = Sockets(), Line(), Line()
    is_over = trio.Event()
    sockets.add(early)

    async def drain() -> None:
        await sockets.drain()
        is_over.set()

    nursery.start_soon(drain)
    await wait_all_tasks_blocked()
    sockets.add(late)
    assert early.done == late.done == [(RESTARTING, True)]
    sockets.remove(early)
    await wait_all_tasks_blocked()
    assert not is_over.is_set()
    sockets.remove(late)
    with trio.fail_after(1):
        await is_over.wait()


async def test_with_nobody_there_nobody_is_waited_for() -> None:
    with trio.fail_after(1):
        await Sockets().drain()


async def test_a_place_is_taken_from_before_the_handshake_to_the_end() -> None:
    sockets = Sockets()
    with sockets.place("a"), sockets.place("b"):
        with sockets.place("a"):
            assert (sockets.places_of("a"), sockets.places_taken) == (2, 3)
        assert (sockets.places_of("a"), sockets.places_taken) == (1, 2)
    with pytest.raises(KeyError), sockets.place("a"):
        raise KeyError
    assert (sockets.places_of("a"), sockets.places_taken) == (0, 0)


async def test_everybody_is_pinged_and_the_silent_are_left(
    autojump_clock: object, nursery: trio.Nursery
) -> None:
    sockets, line = Sockets(), Line()
    sockets.add(line)
    nursery.start_soon(sockets.run)
    await trio.sleep(SILENT_SECONDS)
    assert line.done
    assert "abandoned" not in line.done
    await trio.sleep(SILENT_SECONDS)
    assert line.done[-1] == "abandoned"
