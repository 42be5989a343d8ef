"""The edges of HTTP: bad bodies, sizes, origins, budgets, headers, operators' pages."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from sorteos_actors.embedded import EmbeddedServers
from sorteos_actors.web.auth import Role
from tests.integration.cluster import sockets
from tests.integration.http_api import Api, problem, reservation
from tests.integration.server_process import ServerProcess
from tests.waiting import eventually

FRIEND = "https://rifas.example"
BAD_BODIES = {
    "empty": b"",
    "space": b" ",
    "not JSON": b"{",
    "two values": b"{}{}",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"7",
    "duplicate keys": b'{"name": "a", "name": "b"}',
    "duplicate keys below": b'{"x": {"a": 1, "a": 2}}',
    "NaN": b'{"price": NaN}',
    "infinity": b'{"price": -Infinity}',
    "infinity by exponent": b'{"price": 1e999}',
    "a huge integer": b'{"price": ' + b"9" * 5000 + b"}",
    "an integer beyond 2^53": b'{"price": 9007199254740993}',
    "lone surrogate": b'{"name": "\\ud800"}',
    "lone surrogate as a key": b'{"\\udfff": 1}',
    "lone surrogate in a list": b'{"number_ids": ["\\ud800"]}',
    "NUL": b'{"name": "a\\u0000b"}',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "deep lists": b'{"x": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "deep objects": b'{"x":' * 9_000 + b"1" + b"}" * 9_000,
    "never closed": b"[" * 60_000,
    "form": b"name=a&phone=b",
}


@pytest.fixture
def admin(server: ServerProcess) -> Iterator[Api]:
    """Somebody who may do everything that one person may."""
    api = Api.of(server, Role.ADMIN)
    yield api
    api.close()


@pytest.fixture
def stranger(server: ServerProcess) -> Iterator[Api]:
    """Somebody without a token."""
    api = Api(server)
    yield api
    api.close()


@pytest.fixture
def public_server(
    servers: EmbeddedServers, database_url: str, tmp_path: Path
) -> Iterator[ServerProcess]:
    """A server as it faces the public: with its limits, and one page that may read it."""
    server = ServerProcess(
        database_url,
        servers.redis_url or "",
        tmp_path,
        RATE_LIMITS="default",
        CORS_ORIGINS=FRIEND,
    )
    server.start()
    yield server
    assert server.stop() == 0


def held(server: ServerProcess, admin: Api) -> str:
    """The path of a live reservation of `admin`."""
    raffle_id = server.create_raffle(100)
    answer = admin.post("/reservations", {"raffle_id": str(raffle_id), "number_ids": ["07"]})
    return f"/reservations/{reservation(answer, 201)['id']}"


def settle(server: ServerProcess) -> None:
    """Let the server finish what it can: a call that comes later is answered."""
    assert httpx.get(f"{server.url}/livez", timeout=60).status_code == 200


# -- bodies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_body_that_is_no_message_is_a_bad_request_everywhere(
    server: ServerProcess, admin: Api, body: bytes
) -> None:
    hold = held(server, admin)
    headers = {"Content-Type": "application/json"}
    for path in ("/auth/guest", "/raffles", "/reservations", f"{hold}/add-number"):
        answer = admin.call("POST", f"/api/v1{path}", content=body, headers=headers)
        params = problem(answer, 400, "bad_request")
        assert params["reason"]
        assert "Traceback" not in answer.text
    if body:
        answer = admin.call("POST", f"/api/v1{hold}/extend", content=body, headers=headers)
        problem(answer, 400, "bad_request")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        *(("/auth/guest", {"name": n}) for n in (5, "", "x" * 121, ["a"], True, {"a": 1})),
        *(("/auth/guest", {"phone": p}) for p in (88888888, "abc", "1", "+" * 33)),
        *(
            ("/reservations", {"raffle_id": str(UUID(int=7)), "number_ids": n})
            for n in (None, "07", [], [7], [["07"]], ["x" * 17], ["07"] * 101, {"07": 1})
        ),
        *(("/reservations", {"raffle_id": r, "number_ids": ["07"]}) for r in (7, "x", None, "")),
        ("/reservations", {"number_ids": ["07"]}),
        ("/reservations", {}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_value_of_the_wrong_type_is_a_bad_request(
    admin: Api, path: str, body: dict[str, object]
) -> None:
    problem(admin.post(path, body), 400, "bad_request")


@pytest.mark.parametrize("seen", [5, "soon", "2030-01-01", "9999-99-99T00:00:00Z", ""])
def test_a_deadline_that_is_no_time_is_a_bad_request(
    server: ServerProcess, admin: Api, seen: object
) -> None:
    answer = admin.post(f"{held(server, admin)}/extend", {"expires_at": seen})
    problem(answer, 400, "bad_request")


def test_fields_that_nobody_knows_are_ignored(stranger: Api) -> None:
    answer = stranger.post("/auth/guest", {"name": "Ana", "colour": {"deep": [1, 2, 3]}})
    assert answer.status_code == 201


def test_a_body_beyond_64_kib_is_refused_with_and_without_a_length(
    server: ServerProcess, admin: Api
) -> None:
    large = b'{"title": "' + b"x" * 70_000 + b'"}'
    told = admin.post("/raffles", content=large)
    problem(told, 413, "payload_too_large")
    streamed = admin.post("/raffles", content=iter([large[:40_000], large[40_000:]]))
    problem(streamed, 413, "payload_too_large")
    fits = b'{"title": "Rifa", "number_count": 10, "price": 1, "currency": "CRC", "x": "'
    fits = fits + b"x" * (65_536 - len(fits) - 2) + b'"}'
    assert admin.post("/raffles", content=fits).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/v1/raffles", b"401"),
        ("POST", "/nothing", b"404"),
        ("PUT", "/api/v1/raffles", b"405"),
        ("OPTIONS", "/api/v1/raffles", b"204"),
        ("POST", "/api/v1/auth/guest", b"201"),
    ],
)
def test_a_connection_goes_on_after_a_body_that_came_late_and_that_nobody_wanted(
    server: ServerProcess, method: str, path: str, status: bytes
) -> None:
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection,
        connection.makefile("rb") as answers,
    ):
        for _ in range(5):
            connection.sendall(head.encode())
            settle(server)
            connection.sendall(b"{}")
            assert answers.readline().split()[1] == status
            length = 0
            while (line := answers.readline()) != b"\r\n":
                assert not line.lower().startswith(b"connection:")
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split()[1])
            answers.read(length)


def test_a_connection_ends_after_a_body_that_was_too_large(server: ServerProcess) -> None:
    head = b"POST /api/v1/auth/guest HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(head)
        with connection.makefile("rb") as answers:
            whole = answers.read()
    assert whole.startswith(b"HTTP/1.1 413")
    assert b"\r\nconnection: close\r\n" in whole.lower()


# -- paths and methods -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/nothing", "/api/v2/raffles", "/x", "/livez/"])
def test_a_path_that_does_not_exist_is_a_problem_too(stranger: Api, path: str) -> None:
    answer = stranger.raw("GET", path)
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem(answer, 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/v1/raffles", "GET, HEAD, OPTIONS, POST"),
        ("PUT", "/api/v1/reservations", "OPTIONS, POST"),
        ("GET", f"/api/v1/reservations/{UUID(int=7)}/cancel", "OPTIONS, POST"),
        ("POST", "/livez", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_method_that_a_path_does_not_have_names_those_it_has(
    stranger: Api, method: str, path: str, allowed: str
) -> None:
    answer = stranger.raw(method, path)
    problem(answer, 405, "bad_request")
    assert answer.headers["Allow"] == allowed


def test_no_route_completes_a_reservation(server: ServerProcess, admin: Api) -> None:
    hold = held(server, admin)
    for verb in ("complete", "confirm", "pay", "review", "expire"):
        answer = admin.raw("POST", f"/api/v1{hold}/{verb}", json={})
        assert answer.status_code in (404, 405)
    assert reservation(admin.get(hold))["phase"] == "selection"


def test_a_websockets_address_says_so_when_it_is_asked_without_an_upgrade(
    server: ServerProcess, stranger: Api
) -> None:
    answer = stranger.get(f"/raffles/{server.create_raffle(100)}/ws")
    problem(answer, 426, "bad_request")
    assert answer.headers["Upgrade"] == "websocket"


# -- origins and headers ---------------------------------------------------------------------------


def test_a_page_on_the_list_may_read_and_others_may_not(public_server: ServerProcess) -> None:
    stranger = Api(public_server)
    path = "/raffles"
    same = public_server.url
    for origin in (FRIEND, same):
        answer = stranger.get(path, headers={"Origin": origin})
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    for origin in (
        "https://evil.example",
        f"{FRIEND}.evil.example",
        f"{FRIEND}:444",
        "http://rifas.example",
        "null",
        "*",
        "",
    ):
        answer = stranger.get(path, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers, origin
        assert "Origin" in answer.headers["Vary"]
    asked = {
        "Origin": FRIEND,
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "authorization, idempotency-key",
    }
    preflight = stranger.raw("OPTIONS", f"/api/v1{path}", headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == FRIEND
    assert "DELETE" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Idempotency-Key" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in preflight.headers
    foreign = stranger.raw(
        "OPTIONS", f"/api/v1{path}", headers={**asked, "Origin": "https://evil.example"}
    )
    assert "Access-Control-Allow-Origin" not in foreign.headers
    refused = stranger.get("/reservations/me", headers={"Origin": FRIEND})
    problem(refused, 401, "unauthenticated")
    assert refused.headers["Access-Control-Allow-Origin"] == FRIEND
    stranger.close()


def test_every_answer_carries_the_headers_that_keep_browsers_safe(stranger: Api) -> None:
    for path in (
        "/",
        "/livez",
        "/metrics",
        "/api/v1/raffles",
        "/api/v1/reservations/me",
        "/nothing",
    ):
        headers = stranger.raw("GET", path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Server" not in headers


# -- budgets ---------------------------------------------------------------------------------------


def test_who_asks_too_often_is_told_when_to_come_back(public_server: ServerProcess) -> None:
    stranger = Api(public_server)
    answers = [stranger.post("/auth/guest", {}) for _ in range(30)]
    assert {answer.status_code for answer in answers} == {201}
    refused: list[httpx.Response] = []
    while len(refused) < 5:  # One more is let in each second.
        answer = stranger.post("/auth/guest", {})
        refused += [answer] if answer.status_code != 201 else []
    for answer in refused:
        assert problem(answer, 429, "rate_limited")["retry_after_ms"] > 0
        assert answer.headers["Retry-After"] == "1"
    assert stranger.call("GET", "/livez").status_code == 200
    stranger.close()


# -- operators -------------------------------------------------------------------------------------


def test_operators_are_told_how_the_node_is(stranger: Api) -> None:
    assert stranger.call("GET", "/livez").json() == {"status": "ok"}
    ready = stranger.call("GET", "/readyz").json()
    assert stranger.call("GET", "/health").status_code == 200
    assert (ready["status"], ready["postgres"], ready["draining"]) == ("ok", "up", False)
    version = stranger.call("GET", "/version").json()
    assert version["name"] == "sorteos-actors"
    assert stranger.call("GET", "/").json()["raffles"] == "/api/v1/raffles"


def test_the_figures_of_a_node_can_be_read_by_prometheus(server: ServerProcess, admin: Api) -> None:
    held(server, admin)
    families = {
        family.name: family
        for family in text_string_to_metric_families(admin.call("GET", "/metrics").text)
    }
    commits = {s.name: s.value for s in families["sorteos_commit_seconds"].samples}
    assert commits["sorteos_commit_seconds_count"] > 0
    answered = {s.labels.get("outcome") for s in families["sorteos_commands"].samples}
    assert "ok" in answered


def test_connections_are_counted_for_admins_only(server: ServerProcess, admin: Api) -> None:
    raffle_id = server.create_raffle(100)
    path = f"/raffles/{raffle_id}/ws/stats"
    url = f"ws{server.url[4:]}/api/v1/raffles/{raffle_id}/ws"
    with connect(url, subprotocols=["sorteos.v2"]) as first, connect(url) as second:  # type: ignore[list-item]
        first.recv()
        # The second one says nothing until something happens.
        eventually(lambda: sockets(server, raffle_id) == 2)
        assert admin.get(path).json()["total_connections"] >= 2
        second.close()
    for role in (Role.USER, Role.ORGANIZER):
        person = Api.of(server, role)
        problem(person.get(path), 403, "forbidden")
        person.close()
