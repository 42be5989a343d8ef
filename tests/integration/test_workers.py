"""Several node processes on one port: they serve as one, and live and die with their parent."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from sorteos_actors.cluster.courier import ADDRESSEE, PATH, SIGNATURE, internal_key, sign
from sorteos_actors.embedded import EmbeddedServers, open_embedded
from tests.databases import fresh_database
from tests.integration.cluster import ask
from tests.integration.crew_process import (
    CrewProcess,
    get,
    post,
    workers_of,
)
from tests.integration.server_process import free_port
from tests.integration.test_crashes import under_load
from tests.integration.test_embedded import everything_in, lives
from tests.integration.test_run_command import run, stop
from tests.waiting import eventually

Crews = Callable[..., CrewProcess]


@pytest.fixture(scope="module")
def crews(servers: EmbeddedServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crews]:
    """Makes servers of two workers each; none is left at the end.

    Each on a database and a Redis of its own: nodes that share a Redis are one cluster.
    """
    with ExitStack() as stack:

        def make(**environment: str) -> CrewProcess:
            folder = tmp_path_factory.mktemp("workers")
            own = stack.enter_context(open_embedded(folder / "own", postgres=False, valkey=True))
            crew = CrewProcess(fresh_database(servers), own.redis_url or "", folder, **environment)
            stack.callback(lambda: crew.kill() if crew.is_running else None)
            return crew

        yield make


@pytest.fixture(scope="module")
def crew(crews: Crews) -> CrewProcess:
    """One that serves, for tests that leave it as it is."""
    crew = crews()
    crew.start()
    return crew


# -- as one --------------------------------------------------------------------------------------


def test_all_workers_answer_at_the_port_and_each_at_an_address_of_its_own(
    crew: CrewProcess,
) -> None:
    found = crew.nodes()
    assert len(found) == 2
    assert sorted(found.values()) == sorted(crew.urls)
    for name, url in found.items():
        assert get(f"{url}/readyz").json()["node"] == name
        for path in ("/livez", "/health", "/version", "/metrics"):
            assert get(url + path).status_code == 200
        for path in ("/", "/api/v1/raffles"):
            assert get(url + path).status_code == 404


def test_a_command_through_any_worker_reaches_the_raffles_owner(crew: CrewProcess) -> None:
    raffle_id = crew.create_raffle(100)
    labels = [f"{n:02}" for n in range(48)]
    with ThreadPoolExecutor(8) as buyers:
        answers = list(buyers.map(lambda label: crew.reserve(raffle_id, label), labels))
        late = list(buyers.map(lambda label: crew.reserve(raffle_id, label), labels[:16]))
    assert [answer.status_code for answer in answers] == [201] * 48
    assert [a.json()["reservation"]["number_ids"] for a in answers] == [[n] for n in labels]
    assert {answer.json()["code"] for answer in late} == {"numbers_taken"}
    raffle = get(f"{crew.url}/api/v1/raffles/{raffle_id}").json()["raffle"]
    assert raffle["counts"]["reserved"] == 48
    for url in crew.urls:  # Each had a part in it.
        posted = r'sorteos_http_requests_total{method="POST",status="201"} \d'
        assert re.search(posted, get(f"{url}/metrics").text)


def test_no_secret_is_in_a_command_line(crew: CrewProcess) -> None:
    assert len(crew.workers) == 2
    for pid in crew.workers:
        line = " ".join(psutil.Process(pid).cmdline())
        assert not [word for word in (crew.secret, "postgres", "redis") if word in line]


def test_a_worker_does_not_answer_for_a_dead_node_that_had_its_address(crew: CrewProcess) -> None:
    [(name, url), (other, _)] = crew.nodes().items()
    signature = sign(internal_key(crew.secret), b"", int(time.time() * 1000))
    asked = [
        post(url + PATH, headers={SIGNATURE: signature, ADDRESSEE: whom}).status_code
        for whom in (name, other)
    ]
    assert asked == [400, 410]  # The message to itself says nothing that could be read.


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_port_of_another_instance_is_taken(
    crew: CrewProcess, tmp_path: Path, workers: str
) -> None:
    process = run("--workers", workers, "--port", str(crew.port), "--data-dir", str(tmp_path / "d"))
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.splitlines()[-1].startswith(f"sorteos: Port {crew.port} on 127.0.0.1 cannot be")
    assert "Traceback" not in said
    assert everything_in(tmp_path) == []
    assert len(crew.nodes()) == 2


# -- a worker ends -------------------------------------------------------------------------------


def test_a_worker_killed_under_load_comes_back_and_no_promise_is_broken(crews: Crews) -> None:
    crew = crews()
    crew.start()
    raffle_id = crew.create_raffle(10_000)
    before = crew.nodes()

    def kill_the_owner() -> None:
        [url, *_] = [url for url in before.values() if get(f"{url}/readyz").json()["raffles"]]
        os.kill(crew.pid_at(url), signal.SIGKILL)

    acks = under_load(crew, raffle_id, kill_the_owner, after=0)
    claims = "SELECT reservation_id AS id, array_agg(lpad(number::text, 4, '0')) AS numbers"
    kept = json.loads(
        ask(
            crew.database_url,
            f"SELECT json_object_agg(id, numbers) FROM ({claims} FROM number_claims GROUP BY 1) c",
        )
    )
    assert len(acks.held) > 100
    for reservation_id, (_, promised) in acks.held.items():
        numbers = promised["number_ids"]
        assert isinstance(numbers, list)
        assert sorted(kept[reservation_id]) == sorted(numbers)
    eventually(lambda: len(crew.nodes()) == 2)
    assert len(crew.nodes().keys() - before.keys()) == 1
    assert "ended with status -9" in crew.log()
    assert crew.stop() == 0


@pytest.mark.timeout(300)
def test_a_worker_that_can_never_begin_is_given_up_with_a_sentence(crews: Crews) -> None:
    first = free_port(3)
    with socket.create_server(("127.0.0.1", first)):
        crew = crews(NODE_URL=f"http://127.0.0.1:{first}")
        with suppress(RuntimeError):  # The other worker may answer before it is over.
            crew.start()
        eventually(lambda: not crew.is_running)
    assert crew.stop() == 1
    assert crew.log().endswith("Worker 1 ended 5 times before it served. What it said is above.\n")


def test_sighup_replaces_every_worker_and_no_connection_is_lost(crews: Crews) -> None:
    first = free_port(3)
    crew = crews(NODE_URL=f"http://127.0.0.1:{first}")
    crew.start()
    assert crew.urls == [f"http://127.0.0.1:{first + n}" for n in (0, 1)]
    before, workers = crew.nodes(), crew.workers
    raffle_id = crew.create_raffle(10_000)
    answers: list[httpx.Response] = []
    labels = (f"{n:04}" for n in range(10_000))
    crew.send_signal(signal.SIGHUP)

    def use(label: str) -> None:
        answers.append(get(f"{crew.url}/api/v1/raffles"))
        answer = crew.reserve(raffle_id, label)
        if answer.status_code == 503:
            time.sleep(answer.json()["params"]["retry_after_ms"] / 1000)
            answer = crew.reserve(raffle_id, label)
        answers.append(answer)

    with ThreadPoolExecutor(4) as users:
        while "all workers are new" not in crew.log() or len(answers) <= 50:
            list(users.map(use, [next(labels) for _ in range(8)]))
    assert [a.text for a in answers if a.status_code not in (200, 201)] == []
    assert crew.nodes().keys().isdisjoint(before)
    assert set(crew.nodes().values()) == {f"http://127.0.0.1:{first + n}" for n in (2, 0)}
    eventually(lambda: not any(map(lives, workers)))
    assert crew.stop() == 0


# -- the end of all ------------------------------------------------------------------------------


def test_the_one_command_with_workers_ends_in_order_and_leaves_nothing(tmp_path: Path) -> None:
    port = free_port()
    process = run("--workers", "2", "--port", str(port), "--data-dir", str(tmp_path / "d"))
    assert process.stderr is not None
    said = ""
    while "Admin token" not in said:
        said += process.stderr.readline()
    family = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    assert len(workers_of(process.pid)) == 2
    assert len(family) > 3  # PostgreSQL and Valkey too.
    raffles = f"http://127.0.0.1:{port}/api/v1/raffles"
    eventually(lambda: len(get(raffles).json()["raffles"]) == 3)
    stop(process, signal.SIGTERM)
    assert not any(map(lives, family))
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("is_early", [True, False])
def test_no_worker_outlives_a_parent_that_was_killed(crews: Crews, is_early: bool) -> None:
    crew = crews()
    with ThreadPoolExecutor(1) as starter:
        starting = starter.submit(crew.start)
        eventually(lambda: crew.is_running and len(crew.workers) == 2)
        if not is_early:
            starting.result()
        workers = crew.workers
        crew.kill()
        starting.exception()
    eventually(lambda: not any(map(lives, workers)))
    socket.create_server(("127.0.0.1", crew.port)).close()  # Nor does anybody have the port.


def test_a_closed_terminal_takes_everybody_along(crews: Crews, tmp_path: Path) -> None:
    crew = crews()
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "sorteos_actors", "--workers", "2"),
            *("--port", str(crew.port), "--data-dir", str(tmp_path)),
        ],
        env=crew.environment,
        stdin=end,
        stdout=end,
        stderr=end,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(end)
    said = b""
    while b"\r\n\r\n" not in said.partition(b"PostgreSQL")[2]:
        # To the end of the greeting: who speaks to a terminal that has gone fails.
        assert select.select([terminal], [], [], 60)[0], said
        said += os.read(terminal, 4096)
    eventually(lambda: len(workers_of(process.pid)) == 2)
    workers = workers_of(process.pid)
    os.close(terminal)
    assert process.wait(60) == 0
    assert not any(map(lives, workers))
