"""The sandbox's webhooks arrive when they are due, and again until they are accepted."""

from __future__ import annotations

from collections.abc import Mapping

import trio
from trio.testing import MockClock

from sorteos_actors.clock import ServerClock
from sorteos_actors.payments.sandbox_webhooks import Due, Postman, SandboxEvent, opened
from tests.unit.payments.builders import PAYMENT_ID, secret

SECRET = secret("sandbox")


def an_event(n: int) -> SandboxEvent:
    """Something that happened."""
    return SandboxEvent(
        id=f"evt_{n}",
        account="sandbox",
        kind="payment.authorised",
        reference="sbx_1",
        payment_id=PAYMENT_ID,
        created_at=0,
    )


class Door:
    """Takes webhooks after having refused some, and writes down when each came."""

    def __init__(self, refusals: int = 0) -> None:
        self.taken: list[tuple[float, str]] = []
        self._refusals = refusals

    async def take(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether it is accepted."""
        event = opened(headers, body, SECRET, ServerClock().now())
        self.taken.append((trio.current_time(), event.event_id))
        self._refusals -= 1
        return self._refusals < 0


async def deliver(door: Door, *dues: Due, seconds: float) -> list[tuple[float, str]]:
    """What comes to the door within that time."""
    postman = Postman(door.take, SECRET, ServerClock())
    for due in dues:
        postman.post(due)
    with trio.move_on_after(seconds):
        await postman.run()
    return [(round(at, 1), event_id) for at, event_id in door.taken]


async def test_each_webhook_comes_at_its_own_time(autojump_clock: MockClock) -> None:
    late, soon = Due(4_000, an_event(1)), Due(0, an_event(2))
    assert await deliver(Door(), late, soon, seconds=60) == [(0.0, "evt_2"), (4.0, "evt_1")]


async def test_a_webhook_that_is_not_accepted_comes_again_freshly_signed(
    autojump_clock: MockClock,
) -> None:
    came = await deliver(Door(refusals=3), Due(0, an_event(1)), seconds=3_600)
    assert came == [(0.0, "evt_1"), (1.0, "evt_1"), (3.0, "evt_1"), (7.0, "evt_1")]


async def test_a_door_that_stays_shut_is_left_alone_in_the_end(autojump_clock: MockClock) -> None:
    came = await deliver(Door(refusals=1_000), Due(0, an_event(1)), seconds=3_600)
    assert len(came) == 6
