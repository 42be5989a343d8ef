"""HTTP for operators: what is found, and what is said when it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sorteos_actors.terminal.api import Api, Refusal, Unreachable, choose
from sorteos_actors.terminal.complaint import Complaint

ID = "33185b10-5a7d-5fd7-8a14-3f3f3a5f0001"
RAFFLES: list[dict[str, Any]] = [
    {"id": ID, "title": "Rifa de la escuela"},
    {"id": "bd30e31b-0000-4000-8000-000000000000", "title": "Sorteo del carro"},
    {"id": "04ee6555-0000-4000-8000-000000000000", "title": "El gran millón"},
    {"id": "04ee0000-0000-4000-8000-000000000000", "title": "El gran millón de mayo"},
]


def api(answer: Callable[[httpx.Request], httpx.Response]) -> Api:
    return Api("http://server", "a.b.c", transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    "text", ["escuela", "ESCUELA", "33185b10", ID, "Rifa de la escuela", "3318"]
)
def test_a_raffle_is_found_by_what_a_person_types(text: str) -> None:
    assert choose(text, RAFFLES)["id"] == ID


def test_accents_need_not_be_typed_and_the_whole_title_wins() -> None:
    assert choose("el gran millon", RAFFLES)["title"] == "El gran millón"


@pytest.mark.parametrize("text", ["gran", "04ee", "el"])
def test_what_may_be_several_raffles_is_asked_back_with_their_names(text: str) -> None:
    with pytest.raises(Complaint, match="04ee6555"):
        choose(text, RAFFLES)


@pytest.mark.parametrize("text", ["nothing", "", "  "])
def test_what_is_no_raffle_is_told_how_to_look(text: str) -> None:
    with pytest.raises(Complaint, match="raffle list"):
        choose(text, RAFFLES)


def test_an_id_is_asked_for_directly() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == f"/api/v1/raffles/{ID}"
        assert request.headers["authorization"] == "Bearer a.b.c"
        return httpx.Response(200, json={"raffle": RAFFLES[0]})

    with api(answer) as server:
        assert server.find(ID) == RAFFLES[0]


def test_all_pages_are_read() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        found = [{"id": str(page)}]
        return httpx.Response(200, json={"raffles": found, "pagination": {"total_pages": 3}})

    with api(answer) as server:
        assert [raffle["id"] for raffle in server.raffles()] == ["1", "2", "3"]


def test_a_refusal_brings_its_code_and_says_the_facts() -> None:
    problem = {"code": "wrong_phase", "message": "Not now.", "params": {"status": "closed"}}
    with (
        api(lambda _: httpx.Response(409, json=problem)) as server,
        pytest.raises(Refusal, match=r"wrong_phase, status: closed\). Not now\.") as refused,
    ):
        server.steer(ID, "publish")
    assert (refused.value.status, refused.value.code) == (409, "wrong_phase")


def test_a_server_that_is_away_is_one_sentence() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with (
        api(answer) as server,
        pytest.raises(Unreachable, match="No server answers at http://server"),
    ):
        server.guest()


@pytest.mark.parametrize("response", [httpx.Response(200, text="<html>"), httpx.Response(502)])
def test_another_program_on_the_port_is_told_apart(response: httpx.Response) -> None:
    with api(lambda _: response) as server, pytest.raises(Complaint, match="not a sorteos server"):
        server.create(title="x")


@pytest.mark.parametrize("url", ["nonsense", "http://[", "ftp://host", "http://host:99999"])
def test_an_address_that_is_none_is_one_sentence(url: str) -> None:
    with pytest.raises(Complaint), Api(url) as server:
        server.raffles()
