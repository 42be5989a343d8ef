"""What leases and the bus may expect of a Redis: the same for the simulated one, one server, a cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
import trio

from sorteos_actors.cluster import scripts
from sorteos_actors.cluster.breaker import State
from sorteos_actors.cluster.leases import lease_key
from sorteos_actors.cluster.link import Link, ScriptCall
from sorteos_actors.ports import Owner
from sorteos_actors.testing.valkey_cluster import open_valkey_cluster
from tests.contract.redises import AnyRedis, Real, Simulated
from tests.places import a_place_for_servers
from tests.valkeys import a_valkey
from tests.waiting import PATIENCE_SECONDS, until

ANA, BETO, CARO = (Owner(name, f"http://{name}") for name in ("ana", "beto", "caro"))
TTL_MS = 60_000
GREETING = b"is anybody here?"


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with a_place_for_servers() as place:
        yield place


@pytest.fixture(scope="module")
def valkey(place: Path) -> Iterator[AnyRedis]:
    with a_valkey(place / "alone") as server:
        yield Real(server.url)


@pytest.fixture(scope="module")
def valkey_cluster(place: Path) -> Iterator[AnyRedis]:
    with open_valkey_cluster(place / "cluster") as cluster:
        yield Real(*(cluster.url_of(node) for node in range(3)))


@pytest.fixture(params=["simulated", "valkey", "valkey_cluster"])
def kind(request: pytest.FixtureRequest) -> AnyRedis:
    if request.param == "simulated":
        return Simulated()
    found: AnyRedis = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def links(kind: AnyRedis) -> AsyncIterator[tuple[Link, Link]]:
    """Those of Ana's node and of Beto's."""
    async with kind.open_link("ana") as ana, kind.open_link("beto") as beto:
        yield ana, beto


@pytest.fixture
def key() -> str:
    return lease_key(uuid4())


@pytest.fixture
def channel() -> str:
    return f"sorteos:raffle:{{{uuid4()}}}"


def value_of(owner: Owner, epoch: int = 0) -> str:
    return msgspec.json.encode(msgspec.structs.replace(owner, epoch=epoch)).decode()


def acquire(key: str, owner: Owner, ttl_ms: int = TTL_MS) -> ScriptCall:
    return ScriptCall(scripts.ACQUIRE, key, (value_of(owner), owner.node, ttl_ms))


def seize(key: str, owner: Owner, dead: Owner) -> ScriptCall:
    return ScriptCall(scripts.SEIZE, key, (value_of(owner), owner.node, TTL_MS, dead.node))


def renew(key: str, owner: Owner, epoch: int, ttl_ms: int = TTL_MS) -> ScriptCall:
    return ScriptCall(scripts.RENEW, key, (value_of(owner, epoch), owner.node, ttl_ms, epoch))


def release(key: str, owner: Owner) -> ScriptCall:
    return ScriptCall(scripts.RELEASE, key, (owner.node,))


def hand_over(key: str, owner: Owner, heir: Owner) -> ScriptCall:
    return ScriptCall(scripts.HAND_OVER, key, (owner.node, value_of(heir), TTL_MS))


async def run(link: Link, call: ScriptCall) -> object:
    [answer] = await link.run_scripts([call])
    return answer


async def holder(link: Link, key: str) -> Owner | None:
    value = await link.get(key)
    return None if value is None else msgspec.json.decode(value, type=Owner)


# -- scripts ---------------------------------------------------------------------------------------


async def test_a_free_lease_is_taken(links: tuple[Link, Link], key: str) -> None:
    ana, beto = links
    assert await ana.get(key) is None
    assert await run(ana, acquire(key, ANA)) is None
    assert await holder(beto, key) == ANA


async def test_a_taken_lease_is_refused_with_its_holder(links: tuple[Link, Link], key: str) -> None:
    ana, beto = links
    await run(ana, acquire(key, ANA))
    assert await run(beto, acquire(key, BETO)) == value_of(ANA).encode()
    assert await holder(ana, key) == ANA


async def test_a_node_gets_its_own_lease_again(links: tuple[Link, Link], key: str) -> None:
    ana, _ = links
    await run(ana, acquire(key, ANA))
    assert await run(ana, acquire(key, ANA)) is None


async def test_a_lease_ends_by_itself(links: tuple[Link, Link], key: str) -> None:
    ana, beto = links
    await run(ana, acquire(key, ANA, ttl_ms=100))
    with trio.fail_after(PATIENCE_SECONDS):
        while await run(beto, acquire(key, BETO)) is not None:
            await trio.sleep(0.02)
    assert await holder(ana, key) == BETO


async def test_a_renewal_makes_a_lease_live_longer(links: tuple[Link, Link], key: str) -> None:
    ana, beto = links
    await run(ana, acquire(key, ANA, ttl_ms=100))
    assert await run(ana, renew(key, ANA, 5)) is None
    await trio.sleep(0.2)  # Longer than it would have lived.
    assert await holder(beto, key) == msgspec.structs.replace(ANA, epoch=5)


async def test_a_lease_is_seized_from_the_dead_and_from_nobody_else(
    links: tuple[Link, Link], key: str
) -> None:
    ana, beto = links
    await run(ana, acquire(key, ANA))
    assert await run(beto, seize(key, BETO, dead=CARO)) == value_of(ANA).encode()
    assert await holder(beto, key) == ANA
    assert await run(beto, seize(key, BETO, dead=ANA)) is None
    assert await holder(ana, key) == BETO


async def test_a_free_lease_and_an_own_one_can_be_seized(
    links: tuple[Link, Link], key: str
) -> None:
    ana, _ = links
    assert await run(ana, seize(key, ANA, dead=CARO)) is None
    assert await run(ana, seize(key, ANA, dead=CARO)) is None
    assert await holder(ana, key) == ANA


async def test_a_renewal_takes_a_lease_up_again_after_a_flush(
    kind: AnyRedis, links: tuple[Link, Link], key: str
) -> None:
    ana, beto = links
    await run(ana, acquire(key, ANA))
    kind.flush()
    assert await ana.get(key) is None
    assert await run(ana, renew(key, ANA, 7)) is None
    assert await holder(beto, key) == msgspec.structs.replace(ANA, epoch=7)


@pytest.mark.parametrize("theirs", [8, 2_000_000_000, 0])
async def test_a_renewal_loses_to_a_newer_epoch_and_to_one_to_come(
    links: tuple[Link, Link], key: str, theirs: int
) -> None:
    ana, beto = links
    await run(beto, renew(key, BETO, theirs))
    assert await run(ana, renew(key, ANA, 7)) == value_of(BETO, theirs).encode()
    assert await holder(ana, key) == msgspec.structs.replace(BETO, epoch=theirs)


@pytest.mark.parametrize("theirs", [6, 7])
async def test_a_renewal_wins_against_an_epoch_that_was_deposed(
    links: tuple[Link, Link], key: str, theirs: int
) -> None:
    ana, beto = links
    await run(beto, renew(key, BETO, theirs))
    assert await run(ana, renew(key, ANA, 7)) is None
    assert await holder(beto, key) == msgspec.structs.replace(ANA, epoch=7)


async def test_only_its_holder_releases_a_lease(links: tuple[Link, Link], key: str) -> None:
    ana, beto = links
    await run(ana, acquire(key, ANA))
    assert await run(beto, release(key, BETO)) == 0
    assert await holder(beto, key) == ANA
    assert await run(ana, release(key, ANA)) == 1
    assert await ana.get(key) is None
    assert await run(ana, release(key, ANA)) == 0


async def test_only_its_holder_hands_a_lease_over(links: tuple[Link, Link], key: str) -> None:
    ana, beto = links
    await run(ana, acquire(key, ANA))
    assert await run(beto, hand_over(key, BETO, heir=CARO)) == 0
    assert await holder(beto, key) == ANA
    assert await run(ana, hand_over(key, ANA, heir=BETO)) == 1
    assert await holder(ana, key) == BETO
    assert await run(ana, hand_over(key, ANA, heir=CARO)) == 0


async def test_many_scripts_at_once_are_answered_in_their_order(links: tuple[Link, Link]) -> None:
    ana, beto = links
    keys = [lease_key(uuid4()) for _ in range(30)]
    await beto.run_scripts([acquire(key, BETO) for key in keys[::3]])
    answers = await ana.run_scripts([acquire(key, ANA) for key in keys])
    taken = value_of(BETO).encode()
    assert answers == [taken if index % 3 == 0 else None for index in range(30)]


async def test_no_scripts_have_no_answers(links: tuple[Link, Link]) -> None:
    assert await links[0].run_scripts([]) == []


async def test_of_many_who_ask_at_once_one_gets_a_lease(links: tuple[Link, Link], key: str) -> None:
    answers: list[object] = []

    async def ask(link: Link, owner: Owner) -> None:
        answers.append(await run(link, acquire(key, owner)))

    async with trio.open_nursery() as nursery:
        for number in range(20):
            nursery.start_soon(ask, links[number % 2], Owner(f"node-{number}", ""))
    assert answers.count(None) == 1
    winner = await links[0].get(key)
    assert set(answers) == {None, winner}


# -- channels --------------------------------------------------------------------------------------


class Listener:
    """What was heard, and a way to wait for it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def __call__(self, payload: bytes) -> None:
        self.heard.append(payload)

    @property
    def told(self) -> list[bytes]:
        """All but greetings, which may still come when their sender knows that they were heard."""
        return [payload for payload in self.heard if payload != GREETING]

    async def until(self, count: int) -> list[bytes]:
        """All that was told, once so much was."""
        await until(lambda: len(self.told) >= count)
        return self.told


async def receivers(link: Link, channel: str, payload: bytes) -> int | None:
    """Publish, and wait until it is known how many heard it."""
    counts: list[int | None] = []
    is_known = trio.Event()

    def note(count: int | None) -> None:
        counts.append(count)
        is_known.set()

    link.publish(channel, payload, note)
    with trio.fail_after(PATIENCE_SECONDS):
        await is_known.wait()
    return counts[0]


async def until_heard(link: Link, channel: str, count: int) -> None:
    """Publish until so many hear it: subscribing takes its time."""
    with trio.fail_after(PATIENCE_SECONDS):
        while await receivers(link, channel, GREETING) != count:
            await trio.sleep(0.02)


async def test_a_message_reaches_each_subscriber_once_with_its_bytes_intact(
    links: tuple[Link, Link], channel: str
) -> None:
    ana, beto = links
    by_ana, by_beto = Listener(), Listener()
    ana.subscribe(channel, by_ana)
    beto.subscribe(channel, by_beto)
    await until_heard(ana, channel, 2)
    payload = bytes(range(256)) * 300 + b"\r\n$-1\r\n"
    assert await receivers(ana, channel, payload) == 2
    assert await receivers(beto, channel, b"") == 2
    assert await receivers(ana, channel, b"the end") == 2
    assert sorted(await by_ana.until(3)) == [b"", payload, b"the end"]
    assert sorted(await by_beto.until(3)) == [b"", payload, b"the end"]


async def test_messages_of_one_publisher_arrive_in_order(
    kind: AnyRedis, links: tuple[Link, Link], channel: str
) -> None:
    if isinstance(kind, Simulated):
        pytest.skip("there, a message may always overtake another: nobody may rely on this")
    ana, beto = links
    listener = Listener()
    beto.subscribe(channel, listener)
    await until_heard(ana, channel, 1)
    sent = [b"%d" % number for number in range(500)]
    for payload in sent:
        ana.publish(channel, payload)
        await trio.sleep(0.001)
    assert await listener.until(500) == sent


async def test_a_message_to_nobody_is_known_to_have_reached_nobody(
    links: tuple[Link, Link], channel: str
) -> None:
    assert await receivers(links[0], channel, b"hello?") == 0


async def test_a_channel_is_not_heard_after_unsubscribing(
    links: tuple[Link, Link], channel: str
) -> None:
    ana, beto = links
    listener = Listener()
    beto.subscribe(channel, listener)
    await until_heard(ana, channel, 1)
    beto.unsubscribe(channel)
    beto.unsubscribe(channel)
    await until_heard(ana, channel, 0)
    listener.heard.clear()
    await receivers(ana, channel, b"too late")
    await trio.sleep(0.05)
    assert listener.heard == []


async def test_a_channel_can_be_left_and_heard_again(
    links: tuple[Link, Link], channel: str
) -> None:
    ana, beto = links
    first, second = Listener(), Listener()
    beto.subscribe(channel, first)
    beto.unsubscribe(channel)
    beto.subscribe(channel, second)
    await until_heard(ana, channel, 1)
    await until(lambda: second.heard)
    assert first.heard == []


async def test_channels_are_heard_again_after_the_connection_broke(
    kind: AnyRedis, links: tuple[Link, Link]
) -> None:
    ana, beto = links
    channels = [f"sorteos:raffle:{{{uuid4()}}}" for _ in range(20)]
    listeners = [Listener() for _ in channels]
    for channel, listener in zip(channels, listeners, strict=True):
        beto.subscribe(channel, listener)
    await until_heard(ana, channels[-1], 1)
    await kind.disturb(beto)
    for channel, listener in zip(channels, listeners, strict=True):
        await until_heard(ana, channel, 1)
        await until(lambda heard=listener.heard: heard)  # type: ignore[misc]
    assert beto.state is State.CLOSED


async def test_a_thousand_channels_are_heard_at_once(
    links: tuple[Link, Link],
) -> None:
    ana, beto = links
    listener = Listener()
    channels = [f"sorteos:raffle:{{{uuid4()}}}" for _ in range(1000)]
    for channel in channels:
        beto.subscribe(channel, listener)
    for channel in channels:
        await until_heard(ana, channel, 1)
    await until(lambda: len(listener.heard) >= 1000)
