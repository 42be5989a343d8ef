"""The HTTP contract against a real server: every call, every status, every role."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from sorteos_actors.protocol.board import BoardClient
from sorteos_actors.raffle.model import STATE_NAMES
from tests.integration.http_api import Api, problem, reservation
from tests.integration.http_people import RAFFLE, a_crowd, created, hold
from tests.integration.server_process import ServerProcess


@pytest.fixture
def people(server: ServerProcess) -> Iterator[dict[str, Api]]:
    """One of each kind."""
    with a_crowd(server) as found:
        yield found


# -- people ----------------------------------------------------------------------------------------


def test_a_guest_comes_in_with_or_without_a_name_and_can_hold_numbers(
    server: ServerProcess, people: dict[str, Api]
) -> None:
    raffle_id = created(people["owner"], "publish")
    for said in ({}, {"name": "Ana"}, {"name": "José Ñandú", "phone": "+506 8888-8888"}):
        answer = people["stranger"].post("/auth/guest", said)
        assert answer.status_code == 201
        guest = Api(server, answer.json()["token"])
        label = f"0{len(said)}"
        assert (
            reservation(hold(guest, raffle_id, label), 201)["user_id"] == answer.json()["user_id"]
        )
        guest.close()


@pytest.mark.parametrize(
    "header",
    ["Bearer nonsense", "Bearer", "Basic dXNlcjpwYXNz", "Bearer a.b.c", "Bearer " + "x" * 9000],
)
def test_a_bad_token_is_refused_also_where_none_is_needed(
    people: dict[str, Api], header: str
) -> None:
    for path in ("/raffles", "/reservations/me"):
        answer = people["stranger"].get(path, headers={"Authorization": header})
        problem(answer, 401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_every_call_of_a_person_needs_a_token(people: dict[str, Api]) -> None:
    stranger, some_id = people["stranger"], uuid4()
    for path in (
        "/reservations/me",
        f"/reservations/{some_id}",
        f"/raffles/{some_id}/my-reservation",
        f"/raffles/{some_id}/ws/stats",
    ):
        problem(stranger.get(path), 401, "unauthenticated")
    for verb in ("publish", "pause", "resume", "close"):
        problem(stranger.post(f"/raffles/{some_id}/{verb}"), 401, "unauthenticated")
    for verb in ("add-number", "move-to-checkout", "extend", "cancel"):
        problem(stranger.post(f"/reservations/{some_id}/{verb}"), 401, "unauthenticated")
    problem(stranger.post("/raffles", RAFFLE), 401, "unauthenticated")
    problem(stranger.delete(f"/reservations/{some_id}/numbers/07"), 401, "unauthenticated")
    problem(hold(stranger, str(some_id), "07"), 401, "unauthenticated")


# -- raffles ---------------------------------------------------------------------------------------


def test_a_new_raffle_is_a_draft_with_the_defaults_of_the_server(people: dict[str, Api]) -> None:
    answer = people["owner"].post(
        "/raffles", {**RAFFLE, "title": "Año 🎉", "draw_at": "2030-01-01T00:00:00-06:00"}
    )
    raffle = answer.json()["raffle"]
    assert answer.status_code == 201
    assert (raffle["status"], raffle["title"], raffle["description"]) == ("draft", "Año 🎉", "")
    assert (raffle["selection_seconds"], raffle["checkout_seconds"]) == (600, 300)
    assert raffle["max_numbers_per_user"] == 10
    assert raffle["draw_at"] == "2030-01-01T06:00:00.000Z"
    assert raffle["counts"] == {"available": 100, "reserved": 0, "sold": 0}


@pytest.mark.parametrize("who", ["guest", "user"])
def test_only_organizers_create_raffles(people: dict[str, Api], who: str) -> None:
    problem(people[who].post("/raffles", RAFFLE), 403, "forbidden")


@pytest.mark.parametrize(
    "wrong",
    [
        *({"number_count": n} for n in (0, -1, 1_000_001, 10**30, 1.5, "100", True, None)),
        *({"price": n} for n in (-1, 1.5, "5", None)),
        *({"currency": c} for c in ("crc", "CR", "COLON", "CRC\n", "", 5)),
        *({"title": t} for t in ("", "x" * 201, 5, None, "a\0b")),
        *({"selection_seconds": s} for s in (0, 4, 86_401, "600")),
        *({"checkout_seconds": s} for s in (0, 86_401)),
        *({"max_numbers_per_user": n} for n in (0, -5, 1.0)),
        *({"sales_close_at": t} for t in ("tomorrow", "2030-01-01", "2030-01-01T00:00:00", 5)),
        *({"draw_at": t} for t in ("", "2030-13-01T00:00:00Z", "0000-01-01T00:00:00Z")),
    ],
    ids=lambda value: str(value)[:40],
)
def test_terms_that_make_no_sense_are_refused(people: dict[str, Api], wrong: object) -> None:
    assert isinstance(wrong, dict)
    problem(people["owner"].post("/raffles", {**RAFFLE, **wrong}), 400, "bad_request")


@pytest.mark.parametrize("number_count", [1, 1_000_000])
def test_a_raffle_has_one_to_a_million_numbers(people: dict[str, Api], number_count: int) -> None:
    raffle_id = created(people["owner"], "publish", number_count=number_count)
    last = str(number_count - 1).zfill(2)
    assert reservation(hold(people["guest"], raffle_id, last), 201)["number_ids"] == [last]


@pytest.mark.parametrize(
    ("who", "status"),
    [("guest", 403), ("user", 403), ("other organizer", 403), ("owner", 200), ("admin", 200)],
)
@pytest.mark.parametrize(
    ("before", "verb", "after"),
    [
        (("publish",), "pause", "paused"),
        (("publish", "pause"), "resume", "active"),
        (("publish",), "close", "closed"),
        (("publish",), "publish", "active"),
    ],
)
def test_a_raffle_is_steered_by_its_organizer_and_by_admins_only(
    people: dict[str, Api], who: str, status: int, before: tuple[str, ...], verb: str, after: str
) -> None:
    raffle_id = created(people["owner"], *before)
    answer = people[who].post(f"/raffles/{raffle_id}/{verb}")
    if status == 200:
        assert answer.json()["raffle"]["status"] == after
        again = people[who].post(f"/raffles/{raffle_id}/{verb}")
        assert again.json()["raffle"]["status"] == after
    else:
        problem(answer, 403, "forbidden")


def test_a_move_that_the_life_cycle_does_not_have_is_refused(people: dict[str, Api]) -> None:
    owner = people["owner"]
    draft, closed = created(owner), created(owner, "publish", "close")
    for verb in ("pause", "resume", "close"):
        assert problem(owner.post(f"/raffles/{draft}/{verb}"), 409, "raffle_not_active") == {
            "status": "draft"
        }
    for verb in ("publish", "pause", "resume"):
        problem(owner.post(f"/raffles/{closed}/{verb}"), 409, "raffle_not_active")


@pytest.mark.parametrize("who", ["stranger", "guest", "user", "other organizer"])
def test_a_draft_does_not_exist_for_others(people: dict[str, Api], who: str) -> None:
    raffle_id = created(people["owner"])
    person = people[who]
    for path in ("", "?include_numbers=true", "/board"):
        problem(person.get(f"/raffles/{raffle_id}{path}"), 404, "not_found")
    assert raffle_id not in person.get("/raffles?page_size=100").text
    if who != "stranger":
        problem(person.get(f"/raffles/{raffle_id}/my-reservation"), 404, "not_found")
        problem(hold(person, raffle_id, "07"), 404, "not_found")
        problem(person.post(f"/raffles/{raffle_id}/publish"), 404, "not_found")


@pytest.mark.parametrize("who", ["owner", "admin"])
def test_a_draft_is_there_for_its_organizer_and_for_admins(
    people: dict[str, Api], who: str
) -> None:
    raffle_id = created(people["owner"])
    assert people[who].get(f"/raffles/{raffle_id}").json()["raffle"]["status"] == "draft"
    assert people[who].get(f"/raffles/{raffle_id}/board").status_code == 200
    problem(hold(people[who], raffle_id, "07"), 409, "raffle_not_active")


def test_an_organizer_finds_their_own_draft_in_the_list(people: dict[str, Api]) -> None:
    raffle_id = created(people["owner"])
    assert raffle_id in people["owner"].get("/raffles?page_size=100").text


def test_only_my_own_raffles_in_any_status_when_i_ask_for_them(people: dict[str, Api]) -> None:
    mine = {created(people["owner"]), created(people["owner"], "publish")}
    foreign = created(people["admin"], "publish")
    listed = people["owner"].get("/raffles?page_size=100&mine=true").json()["raffles"]
    assert mine <= {raffle["id"] for raffle in listed}
    assert foreign not in {raffle["id"] for raffle in listed}
    assert people["stranger"].get("/raffles?mine=true").json()["raffles"] == []


def test_pages_of_the_list_follow_each_other_newest_first(people: dict[str, Api]) -> None:
    newest = [created(people["owner"], "publish", title=f"Rifa {n}") for n in range(3)][::-1]
    pages = [people["stranger"].get(f"/raffles?page={n}&page_size=1").json() for n in (1, 2, 3)]
    assert [page["raffles"][0]["id"] for page in pages] == newest
    paging = pages[0]["pagination"]
    assert (paging["page"], paging["page_size"]) == (1, 1)
    assert paging["total"] == paging["total_pages"] >= 3
    beyond = people["stranger"].get("/raffles?page=1000000").json()
    assert beyond["raffles"] == []


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=1e3", "page=٣", "page_size=0", "page_size=101"]
)
def test_a_page_that_cannot_be_is_refused(people: dict[str, Api], query: str) -> None:
    params = problem(people["stranger"].get(f"/raffles?{query}"), 400, "bad_request")
    assert params == {"field": query.partition("=")[0]}


def test_unknown_ids_do_not_exist(people: dict[str, Api]) -> None:
    admin = people["admin"]
    for some_id in (str(uuid4()), "no-id", "0", "%00", "ñ"):
        for path in ("", "/board", "/my-reservation", "/ws/stats"):
            problem(admin.get(f"/raffles/{some_id}{path}"), 404, "not_found")
        for verb in ("publish", "pause", "resume", "close"):
            problem(admin.post(f"/raffles/{some_id}/{verb}"), 404, "not_found")
        problem(admin.get(f"/reservations/{some_id}"), 404, "not_found")
        for verb in ("move-to-checkout", "extend", "cancel"):
            problem(admin.post(f"/reservations/{some_id}/{verb}"), 404, "not_found")
        add = admin.post(f"/reservations/{some_id}/add-number", {"number_id": "07"})
        problem(add, 404, "not_found")
        problem(admin.delete(f"/reservations/{some_id}/numbers/07"), 404, "not_found")
    problem(hold(admin, str(uuid4()), "07"), 404, "not_found")


# -- the board -------------------------------------------------------------------------------------


def board_of(data: bytes) -> BoardClient:
    """What a client of the contract reads from the bytes."""
    board = BoardClient()
    while data:
        size = 24 + -(-int.from_bytes(data[20:24], "little") // 4)
        board.receive(data[:size])
        data = data[size:]
    return board


@pytest.mark.parametrize("number_count", [1, 99, 10_000])
def test_the_numbers_of_a_raffle_are_those_of_its_board(
    people: dict[str, Api], number_count: int
) -> None:
    raffle_id = created(people["owner"], "publish", number_count=number_count)
    label = str(number_count - 1).zfill(2)
    assert hold(people["guest"], raffle_id, label).status_code == 201
    shown = people["stranger"].get(f"/raffles/{raffle_id}?include_numbers=true").json()
    states = [number["status"] for number in shown["numbers"]]
    assert states == ["available"] * (number_count - 1) + ["reserved"]
    assert all(
        n["id"] == n["number"] == str(i).zfill(len(label)) for i, n in enumerate(shown["numbers"])
    )
    assert shown["raffle"]["counts"]["reserved"] == 1
    board = board_of(people["stranger"].get(f"/raffles/{raffle_id}/board").content)
    assert [STATE_NAMES[cell] for cell in board.cells] == states
    assert (board.epoch, board.seq) == (shown["raffle"]["epoch"], shown["raffle"]["seq"])


def test_numbers_are_listed_up_to_ten_thousand_and_only_when_asked(people: dict[str, Api]) -> None:
    raffle_id = created(people["owner"], "publish", number_count=10_001)
    path = f"/raffles/{raffle_id}"
    refused = problem(people["user"].get(f"{path}?include_numbers=true"), 400, "too_many_numbers")
    assert refused == {"limit": 10_000}
    assert "numbers" not in people["user"].get(path).json()
    assert "numbers" not in people["user"].get(f"{path}?include_numbers=false").json()


def test_an_unchanged_board_costs_a_304_and_a_changed_one_is_sent(people: dict[str, Api]) -> None:
    raffle_id = created(people["owner"], "publish", number_count=100_000)
    path = f"/raffles/{raffle_id}/board"
    first = people["stranger"].get(path)
    tag = first.headers["ETag"]
    for said in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        again = people["stranger"].get(path, headers={"If-None-Match": said})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    hold(people["guest"], raffle_id, "99999")
    changed = people["stranger"].get(path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag
    cells = board_of(changed.content).cells
    assert (len(cells), cells[99_999], sum(cells)) == (100_000, 1, 1)


def test_a_board_travels_compressed_only_when_the_client_can_read_that(
    server: ServerProcess, people: dict[str, Api]
) -> None:
    raffle_id = created(people["owner"], "publish", number_count=100_000)
    path = f"/raffles/{raffle_id}/board"
    plain = people["stranger"].get(path, headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in plain.headers

    headers = {"Accept-Encoding": "gzip"}
    with httpx.stream("GET", f"{server.url}/api/v1{path}", headers=headers) as small:
        assert small.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in small.headers["Vary"]
        raw = b"".join(small.iter_raw())
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 20
