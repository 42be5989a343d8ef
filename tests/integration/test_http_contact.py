"""``/me/contact`` against a real server: who may say what, what is kept, and what is never logged."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from sorteos_actors.web.auth import Role
from tests.integration.http_api import Api, problem
from tests.integration.http_people import a_crowd
from tests.integration.server_process import ServerProcess

ANA = {"name": "Ana Rojas", "phone": "8888-7777", "email": "Ana@Example.com"}
NOTHING = {"name": None, "phone": None, "email": None, "language": None}
KEPT = NOTHING | {"name": "Ana Rojas", "phone": "+50688887777", "email": "Ana@example.com"}


@pytest.fixture
def people(server: ServerProcess) -> Iterator[dict[str, Api]]:
    """One of each kind."""
    with a_crowd(server) as found:
        yield found


@pytest.fixture
def ana(server: ServerProcess) -> Iterator[Api]:
    """Somebody new."""
    api = Api.of(server, Role.USER)
    yield api
    api.close()


@pytest.mark.parametrize("who", ["guest", "user", "owner", "admin"])
def test_everybody_with_a_token_says_how_they_can_be_reached(
    people: dict[str, Api], who: str
) -> None:
    person = people[who]
    assert person.get("/me/contact").json() == {"contact": None}
    assert person.put("/me/contact", ANA).json() == {"contact": KEPT}
    assert person.put("/me/contact", ANA).json() == {"contact": KEPT}
    assert person.get("/me/contact").json() == {"contact": KEPT}
    short = person.put("/me/contact", {"name": "Ana", "phone": "+506 2222 3333"}).json()
    assert short == {"contact": NOTHING | {"name": "Ana", "phone": "+50622223333"}}
    assert person.get("/me/contact").json() == short


def test_without_a_token_nobody_is_asked(people: dict[str, Api]) -> None:
    problem(people["stranger"].get("/me/contact"), 401, "unauthenticated")
    problem(people["stranger"].put("/me/contact", ANA), 401, "unauthenticated")


def test_nobody_sees_anothers_contact(people: dict[str, Api]) -> None:
    people["user"].put("/me/contact", ANA)
    for who in ("guest", "owner", "admin"):
        assert people[who].get("/me/contact").json() == {"contact": None}


def test_the_same_person_is_known_on_every_device(server: ServerProcess) -> None:
    user_id = uuid4()
    phone, laptop = (Api.of(server, Role.USER, user_id) for _ in range(2))
    phone.put("/me/contact", ANA)
    assert laptop.get("/me/contact").json() == {"contact": KEPT}
    phone.close()
    laptop.close()


@pytest.mark.parametrize(
    ("said", "start"),
    [
        ({}, None),
        ({"name": "Ana"}, NOTHING | {"name": "Ana"}),
        (
            {"name": "Ana", "phone": "+506 8888-7777"},
            NOTHING | {"name": "Ana", "phone": "+50688887777"},
        ),
        ({"phone": "123456"}, None),
    ],
)
def test_a_guest_starts_from_what_they_came_in_with(
    server: ServerProcess, people: dict[str, Api], said: dict[str, str], start: object
) -> None:
    guest = Api(server, people["stranger"].post("/auth/guest", said).json()["token"])
    assert guest.get("/me/contact").json() == {"contact": start}
    guest.close()


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        *(("name", n) for n in ("", "   ", "x" * 121, "two\nlines")),
        *(("phone", p) for p in ("", "123", "00000000", "8888-7777 ext 5", "8" * 60)),
        *(("email", e) for e in ("", "ana", "ana@localhost", "Ana <ana@example.com>", "a" * 300)),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_cannot_be_right_is_refused_by_the_name_of_its_field(
    ana: Api, field: str, wrong: str
) -> None:
    ana.put("/me/contact", ANA)
    refused = ana.put("/me/contact", {**ANA, field: wrong})
    assert problem(refused, 400, "bad_request") == {"field": field}
    assert ana.get("/me/contact").json() == {"contact": KEPT}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"name": "Ana"},
        {"phone": "8888-7777"},
        {**ANA, "name": None},
        {**ANA, "phone": 88887777},
        {**ANA, "email": ["ana@example.com"]},
        {**ANA, "name": "a\0b"},
        {**ANA, "language": "fr"},
    ],
    ids=str,
)
def test_a_contact_of_the_wrong_shape_is_a_bad_request(ana: Api, wrong: object) -> None:
    assert problem(ana.put("/me/contact", wrong), 400, "bad_request")["reason"]
    assert ana.get("/me/contact").json() == {"contact": None}


def test_a_person_says_in_which_language_they_read(ana: Api) -> None:
    told = ana.put("/me/contact", {**ANA, "language": "pt"}).json()
    assert told == {"contact": KEPT | {"language": "pt"}}
    assert ana.get("/me/contact").json() == told
    assert ana.put("/me/contact", ANA).json() == {"contact": KEPT}


def test_a_page_of_another_origin_on_the_list_may_say_it_too(ana: Api) -> None:
    asked = {"Origin": "https://allowed.example", "Access-Control-Request-Method": "PUT"}
    preflight = ana.raw("OPTIONS", "/api/v1/me/contact", headers=asked)
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]


def test_who_a_person_is_never_gets_into_the_log(server: ServerProcess, ana: Api) -> None:
    ana.put("/me/contact", ANA)
    ana.put("/me/contact", {**ANA, "email": "ana-rojas-at-home"})
    ana.put("/me/contact", {"name": 7, "phone": "8888-7777"})
    ana.post("/auth/guest", {"name": "Ana Rojas", "phone": "8888-7777"})
    ana.raw("PUT", "/api/v1/me/contact", content=b'{"name": "Ana Rojas", "phone": "8888-7777"')
    log = server.log()
    for private in ("Rojas", "8888", "example.com", "ana-rojas"):
        assert private not in log


def test_what_is_kept_survives_the_server(server: ServerProcess) -> None:
    user_id = uuid4()
    before = Api.of(server, Role.USER, user_id)
    before.put("/me/contact", ANA)
    before.close()
    assert server.stop() == 0
    server.start()
    after = Api.of(server, Role.USER, user_id)
    assert after.get("/me/contact").json() == {"contact": KEPT}
    after.close()
