"""Following a raffle through lost connections."""

from __future__ import annotations

import pytest
import trio

from sorteos_actors.terminal.complaint import Complaint
from sorteos_actors.terminal.follow import LONGEST_SECONDS, Follower, back_off
from tests.unit.terminal.fake_server import RAFFLE_ID, FakeServer, Peer, start


def follower_of(server: FakeServer, states: list[bool] | None = None) -> Follower:
    """Follows without pauses, and notes when it is live."""
    seen: list[bool] = [] if states is None else states
    follower = Follower(
        server.url,
        RAFFLE_ID,
        pause=lambda _: 0,
        on_state=lambda: seen.append(follower.is_live),
    )
    return follower


async def follow_until(follower: Follower, epoch: int, seq: int) -> None:
    """Until the board is at a position."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(follower.run)
        while (follower.board.epoch, follower.board.seq) != (epoch, seq):
            await trio.sleep(0.001)
        nursery.cancel_scope.cancel()


async def test_a_lost_connection_comes_back_with_the_board_of_then(nursery: trio.Nursery) -> None:
    async def lose(peer: Peer) -> None:
        await peer.welcome(seq=5, n1=1)
        await peer.websocket.aclose(1001)

    async def go_on(peer: Peer) -> None:
        await peer.welcome(seq=8, n2=1)
        await peer.delta(8, 9, {3: 2})
        await peer.answer_pings()

    server = await start(nursery, lose, lose, 503, 429, go_on)
    states: list[bool] = []
    follower = follower_of(server, states)
    await follow_until(follower, 7, 9)
    assert bytes(follower.board.cells[:4]) == b"\0\0\1\2"
    assert states == [True, False, True, False, True, False]
    assert follower.connections == 3


async def test_a_snapshot_from_before_what_is_known_does_not_turn_the_board_back(
    nursery: trio.Nursery,
) -> None:
    async def first(peer: Peer) -> None:
        await peer.welcome(seq=5)
        await peer.delta(5, 8, {1: 1})
        await peer.websocket.aclose(1012)

    async def second(peer: Peer) -> None:
        await peer.welcome(seq=6)  # Built a moment ago, shared by everybody who comes now.
        await peer.delta(6, 8, {1: 1})
        await peer.delta(8, 9, {2: 1})
        await peer.answer_pings()

    server = await start(nursery, first, second)
    follower = follower_of(server)
    positions: list[int] = []
    follower._on_change = lambda _: positions.append(follower.board.seq)
    await follow_until(follower, 7, 9)
    assert positions == sorted(positions)
    assert bytes(follower.board.cells[:4]) == b"\0\1\1\0"


async def test_a_new_epoch_begins_with_its_own_board(nursery: trio.Nursery) -> None:
    async def first(peer: Peer) -> None:
        await peer.welcome(epoch=7, seq=50, n1=1)
        await peer.websocket.aclose(1012)

    async def second(peer: Peer) -> None:
        await peer.welcome(epoch=8, seq=40, n2=1)
        await peer.answer_pings()

    server = await start(nursery, first, second)
    follower = follower_of(server)
    await follow_until(follower, 8, 40)
    assert bytes(follower.board.cells[:4]) == b"\0\0\1\0"


@pytest.mark.parametrize(("code", "words"), [(4404, "no such raffle"), (4401, "token")])
async def test_a_server_that_wants_us_gone_for_good_is_believed(
    nursery: trio.Nursery, code: int, words: str
) -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        await peer.websocket.aclose(code, words)

    server = await start(nursery, script)
    with pytest.raises(Complaint, match=words):
        await follower_of(server).run()
    assert server.connections == 1


@pytest.mark.parametrize(
    ("status", "words"), [(404, "no raffle"), (401, "token"), (400, "HTTP 400")]
)
async def test_a_refusal_that_will_not_change_ends_the_following(
    nursery: trio.Nursery, status: int, words: str
) -> None:
    server = await start(nursery, status)
    with pytest.raises(Complaint, match=words):
        await follower_of(server).run()
    assert server.connections == 1


async def test_the_hint_of_a_restart_replaces_the_back_off(nursery: trio.Nursery) -> None:
    async def restart(peer: Peer) -> None:
        await peer.welcome(seq=5)
        await peer.websocket.aclose(1012, '{"retry_after_ms":1}')

    async def go_on(peer: Peer) -> None:
        await peer.welcome(seq=6)
        await peer.answer_pings()

    server = await start(nursery, restart, go_on)
    follower = Follower(server.url, RAFFLE_ID, pause=lambda _: float("inf"))
    with trio.fail_after(20):
        await follow_until(follower, 7, 6)
    assert follower.why == "the server restarts"


def test_back_off_doubles_its_limit_and_spreads_everybody_below_it() -> None:
    for attempt, limit in enumerate((0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0)):
        waits = [back_off(attempt) for _ in range(300)]
        assert 0 <= min(waits) < limit / 4
        assert limit * 3 / 4 < max(waits) <= limit
    assert back_off(10_000) <= LONGEST_SECONDS
