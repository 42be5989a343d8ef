"""The pure parts of the benchmarks: a wrong median or a lost frame makes every figure a lie."""

from __future__ import annotations

import random
from collections import Counter
from itertools import islice
from typing import cast

import pytest
from redis.asyncio import Redis
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from benchmarks import (
    buyers,
    fanout,
    hot_raffle,
    http_load,
    load,
    paying,
    report,
    seed_baseline,
    wire,
)
from benchmarks.figures import Figure, Result, number, percentile, times
from sorteos_actors.payments.sandbox_webhooks import ACCOUNT, SandboxEvent, opened, sealed
from sorteos_actors.payments.secret import Secret
from sorteos_actors.protocol.decode import decode
from sorteos_actors.protocol.messages import Add, Auth, Cancel, Reserve
from sorteos_actors.protocol.websocket_frames import binary_frame, text_frame
from sorteos_actors.web.auth import Tokens

TOKENS = Tokens("a-secret-for-tests-that-is-long-enough-0123456789")


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = list(range(1, 101))
    random.Random(1).shuffle(values)
    assert [percentile(values, share) for share in (0, 0.5, 0.99, 1)] == [1, 50, 99, 100]
    assert percentile([7.0], 0.99) == 7.0


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 1.1), ([1.0], -0.1)])
def test_a_percentile_of_nothing_is_refused(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, share)


def test_medians_are_compared_and_not_the_luckiest_runs() -> None:
    figure = Figure(what="x", unit="/s", ours=(90.0, 4000.0, 100.0), baseline=(10.0, 1.0, 50.0))
    assert (figure.value, figure.baseline_value, figure.ratio) == (100.0, 10.0, 10.0)


@pytest.mark.parametrize(
    ("ours", "baseline", "goals", "is_met"),
    [
        (4000.0, (400.0,), {"at_least": 4000, "ratio_at_least": 10}, True),
        (3999.0, (100.0,), {"at_least": 4000, "ratio_at_least": 10}, False),
        (5000.0, (501.0,), {"at_least": 4000, "ratio_at_least": 10}, False),
        (12.0, (60.0,), {"at_most": 12, "ratio_at_most": 0.2}, True),
        (12.1, (90.0,), {"at_most": 12, "ratio_at_most": 0.2}, False),
        (12.0, (59.0,), {"at_most": 12, "ratio_at_most": 0.2}, False),
        (12.0, (), {"ratio_at_most": 0.2}, False),
        (0.0, (), {"at_most": 1}, True),
        (12.0, (), {}, None),
    ],
)
def test_every_goal_of_a_figure_must_be_met(
    ours: float, baseline: tuple[float, ...], goals: dict[str, float], is_met: bool | None
) -> None:
    figure = Figure(what="x", unit="µs", ours=(ours,), baseline=baseline, **goals)
    assert figure.is_met is is_met


def test_figures_are_written_with_the_digits_that_matter() -> None:
    assert [number(x) for x in (0, 0.1234, 1.8449, 12.34, 250, 30420.4)] == [
        *("0", "0.123", "1.84", "12.3", "250", "30,420")
    ]
    assert [times(x).rstrip("\N{MULTIPLICATION SIGN} ") for x in (11.2, 0.95, 0.2, 0)] == [
        *("11.2", "0.950", "1/5", "0")
    ]


def test_the_library_understands_the_frames_that_are_made_by_hand() -> None:
    connection = Connection(ConnectionType.SERVER)
    for size in (0, 1, 3, 125, 126, 1000, 65535):
        text = "x" * size
        connection.receive_data(wire.masked_frame(text.encode()))
        events = list(connection.events())
        assert all(isinstance(event, TextMessage) for event in events)
        assert "".join(event.data for event in events if isinstance(event, TextMessage)) == text


def test_frames_come_out_whole_wherever_the_network_cuts_them() -> None:
    payloads = [b"", b"a" * 125, b"b" * 126, b"c" * 65_535, b"d" * 65_536]
    stream = b"".join(binary_frame(p) + text_frame(p) for p in payloads)
    expected = [frame for p in payloads for frame in ((wire.BINARY, p), (wire.TEXT, p))]
    source = random.Random(2)
    for step in (1, 7, 4096, len(stream)):
        reader = wire.FrameReader()
        found, at = [], 0
        while at < len(stream):
            size = source.randint(1, step) if step > 1 else 61
            found += reader.feed(stream[at : at + size])
            at += size
        assert found == expected


@pytest.mark.parametrize("frame", [wire.masked_frame(b"masked"), b"\x02\x01f"])
def test_a_frame_that_no_server_should_send_is_not_passed_over(frame: bytes) -> None:
    with pytest.raises(wire.UnexpectedFrame):
        wire.FrameReader().feed(frame)


def test_the_pattern_asks_for_every_number_once() -> None:
    pairs = list(buyers.pairs(1000))
    assert Counter(n for pair in pairs for n in pair) == Counter(range(1000))
    assert pairs == list(buyers.pairs(1000))


def _said(requests: bytes) -> list[object]:
    connection = Connection(ConnectionType.SERVER)
    connection.receive_data(requests)
    return [decode(event.data) for event in connection.events() if isinstance(event, TextMessage)]


def test_a_newcomer_says_who_he_is_and_reserves_two_numbers() -> None:
    requests = buyers.newcomers(TOKENS, 1000, most=50, seed=3)
    assert len(requests) == 50
    wanted: Counter[str] = Counter()
    people = set()
    for request in requests:
        who, what = _said(request)
        assert isinstance(who, Auth)
        assert isinstance(what, Reserve)
        people.add(TOKENS.check(who.token).user_id)
        wanted.update(what.numbers)
    assert len(people) == 50
    assert set(wanted.values()) == {1}
    assert len(wanted) == 100


def test_a_regular_reserves_adds_four_times_and_cancels() -> None:
    own = [buyers.label(n, 1000) for n in range(10)]
    round_one = b"".join(islice(buyers.regular(own, seed=1, adds=hot_raffle.ADDS), 6))
    said = _said(round_one)
    assert [type(message) for message in said] == [Reserve, Add, Add, Add, Add, Cancel]
    held = [n for message in said if isinstance(message, Reserve | Add) for n in message.numbers]
    assert held == own


def test_only_answers_count_and_refusals_are_told_apart() -> None:
    frames = [
        (wire.BINARY, b'"ref":"r"'),
        (wire.TEXT, b'{"type":"reservation","reservation":{}}'),
        (wire.TEXT, b'{"type":"reply","ref":"a","ok":true}'),
        (wire.TEXT, b'{"type":"reply","ref":"r","ok":true}'),
        (wire.TEXT, b'{"type":"reply","ref":"n","ok":true}'),
        (wire.TEXT, b'{"type":"reply","ref":"r","ok":false,"error":{"code":"numbers_taken"}}'),
    ]
    outcome = load.Load()
    assert load.answers(frames, outcome) == [ord("r"), ord("n"), 0]
    assert outcome.acknowledged == 1
    assert outcome.refused == {"numbers_taken": 1}


class _Connection:
    """Stands for PostgreSQL: remembers statements, and knows which numbers are taken."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.taken: set[int] = set()

    async def fetchval(self, _: str, number_id: int) -> str:
        self.said.append("SELECT")
        return "reserved" if number_id in self.taken else "available"

    async def execute(self, sql: str, *args: object) -> None:
        self.said.append(sql.split()[0])
        if sql.split()[0] == "UPDATE":
            assert isinstance(args[0], int)
            self.taken.add(args[0])

    def transaction(self) -> _Said:
        return _Said(self.said, "BEGIN", "COMMIT")

    def acquire(self) -> _Lent:
        return _Lent(self)


class _Said:
    def __init__(self, said: list[str], first: str, last: str) -> None:
        self._said, self._first, self._last = said, first, last

    async def __aenter__(self) -> None:
        self._said.append(self._first)

    async def __aexit__(self, *_: object) -> None:
        self._said.append(self._last)


class _Lent:
    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    async def __aenter__(self) -> _Connection:
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        """Back to the pool."""


class _Redis:
    """Stands for Redis: one dictionary, written into the same story."""

    def __init__(self, said: list[str]) -> None:
        self._said = said
        self.locks: dict[str, str] = {}

    async def set(self, key: str, value: str, *, nx: bool, px: int) -> bool | None:
        assert nx
        assert px == 10_000
        self._said.append("SET")
        return None if key in self.locks else not self.locks.update({key: value})

    async def delete(self, key: str) -> None:
        self._said.append("DEL")
        del self.locks[key]


async def test_the_baseline_does_for_each_number_what_the_seed_describes() -> None:
    connection = _Connection()
    redis = _Redis(connection.said)
    seed = seed_baseline.Seed(connection, cast("Redis", redis), buyers.person(0))
    assert await seed.reserve(buyers.person(1), (3, 4))
    each = ["SET", "SELECT", "BEGIN", "UPDATE", "INSERT", "COMMIT", "DEL"]
    assert connection.said == each * 2
    connection.said.clear()
    assert not await seed.reserve(buyers.person(2), (5, 4))
    assert connection.said == [*each, "SET", "SELECT", "DEL"]
    redis.locks["raffle:number:9"] = "somebody else"
    assert not await seed.reserve(buyers.person(2), (9,))
    assert set(redis.locks) == {"raffle:number:9"}


def test_the_fan_out_publishes_deltas_of_twenty_numbers_that_follow_each_other() -> None:
    one, two = fanout.publications_for(2, seed=1)
    assert (one.summary.seq, two.summary.seq) == (20, 40)
    assert len(one.changes) == 20
    assert 40 < len(fanout.delta(two)) < 100


def _a_run() -> report.Run:
    figure = Figure(what="speed", unit="/s", ours=(1.0, 3.0, 2.0), baseline=(4.0,), at_least=3)
    result = Result(
        name="x", title="A title", method="A method.", figures=[figure], notes=["A note."]
    )
    return report.Run("a machine", "2026-01-01", "a command", "fair weather", [result])


def test_a_run_that_was_kept_reads_back_the_same() -> None:
    assert report.load(report.dump(_a_run())) == _a_run()


def test_the_document_shows_medians_ratio_spread_goal_and_verdict() -> None:
    lines = report.markdown(_a_run()).splitlines()
    (row,) = [line for line in lines if line.startswith("| speed")]
    assert row == "| speed | 4 /s | 2 /s (1 to 3) | 0.500 \N{MULTIPLICATION SIGN} | ≥ 3 | no |"
    assert "A note." in lines


def test_answers_come_out_whole_wherever_the_network_cuts_them() -> None:
    bodies = [b"", b'{"received":true}', b"x" * 5000]
    stream = b"".join(
        b"HTTP/1.1 201 \r\nContent-Length: %d\r\nx: y\r\n\r\n%s" % (len(b), b) for b in bodies
    )
    for step in (1, 7, len(stream)):
        reader = http_load.AnswerReader()
        found = [
            answer
            for at in range(0, len(stream), step)
            for answer in reader.feed(stream[at : at + step])
        ]
        assert found == [(201, b) for b in bodies]
    with pytest.raises(wire.UnexpectedFrame):
        http_load.AnswerReader().feed(b"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n")


def test_a_request_says_how_long_its_body_is() -> None:
    request = http_load.post("/x", b"12345", {"A": "b"})
    head, body = request.split(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert (lines[0], body) == (b"POST /x HTTP/1.1", b"12345")
    assert {b"A: b", b"Content-Length: 5"} < set(lines)


class _Company:
    """Stands for a server: `count` connections, each answered at the next look, with this status."""

    def __init__(self, count: int, status: int = 200) -> None:
        self._count = count
        self._status = status
        self._asked: list[int] = []
        self.sent: list[bytes] = []
        self.most_at_once = 0

    def __len__(self) -> int:
        return self._count

    def send(self, index: int, request: bytes) -> None:
        assert index not in self._asked
        self._asked.append(index)
        self.most_at_once = max(self.most_at_once, len(self._asked))
        self.sent.append(request)

    def poll(self, _: float) -> list[tuple[int, int, bytes]]:
        answered, self._asked = self._asked, []
        return [(index, self._status, b"") for index in answered]


def test_every_request_is_sent_once_on_a_connection_that_is_free() -> None:
    company = _Company(3)
    requests = [bytes([n]) for n in range(10)]
    swarm = cast("http_load.HttpSwarm", company)
    outcome = http_load.run(swarm, iter(requests), 60, warm_up=0)
    assert company.sent == requests
    assert company.most_at_once == 3
    assert outcome.acknowledged == len(outcome.latencies) == 10


def test_an_answer_that_is_no_success_ends_the_run() -> None:
    swarm = cast("http_load.HttpSwarm", _Company(1, status=503))
    with pytest.raises(load.TooManyRefusals, match="503"):
        http_load.run(swarm, iter([b"x"]), 60)


def test_a_webhook_survives_being_made_a_request() -> None:
    secret = Secret("a-secret-of-this-test")
    told = SandboxEvent(
        id="evt_1",
        account=ACCOUNT,
        kind="x",
        reference="sbx",
        payment_id=buyers.person(1),
        created_at=0,
    )
    headers, body = sealed(told, secret, 1_000_000)
    head, sent = http_load.post(paying.WEBHOOKS, body, headers).split(b"\r\n\r\n")
    received = dict(line.decode().lower().split(": ", 1) for line in head.split(b"\r\n")[1:])
    assert opened(received, sent, secret, 1_000_000).event_id == "evt_1"
