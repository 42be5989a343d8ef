"""Paying over HTTP against a real server: the sandbox, SINPE by hand, and everybody who may not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from sorteos_actors.embedded import EmbeddedServers
from sorteos_actors.web.auth import Role
from tests.databases import fresh_database
from tests.integration.cluster import ask
from tests.integration.http_api import Api, problem, reservation
from tests.integration.http_people import a_crowd, created, hold
from tests.integration.server_process import ServerProcess
from tests.waiting import eventually

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 20
REFERENCE = "2026112510283000123456789"


@pytest.fixture(scope="module")
def database(servers: EmbeddedServers) -> str:
    """What the server keeps, to look behind it."""
    return fresh_database(servers)


@pytest.fixture(scope="module")
def server(
    database: str, servers: EmbeddedServers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server that may be paid with the sandbox's money, and by SINPE."""
    process = ServerProcess(
        database,
        servers.redis_url or "",
        tmp_path_factory.mktemp("paid"),
        PAYMENTS_SANDBOX="1",
        SINPE_PHONE="8888-7777",
        SINPE_NAME="Escuela",
    )
    process.start()
    yield process
    process.stop()


@pytest.fixture
def people(server: ServerProcess) -> Iterator[dict[str, Api]]:
    """One of each kind."""
    with a_crowd(server) as found:
        yield found


def in_checkout(buyer: Api, raffle_id: str, *labels: str) -> str:
    """A reservation that is to be paid."""
    made = reservation(hold(buyer, raffle_id, *labels), 201)
    path = f"/reservations/{made['id']}"
    assert reservation(buyer.post(f"{path}/move-to-checkout"))["phase"] == "checkout"
    return str(made["id"])


def begin(
    buyer: Api,
    reservation_id: str,
    provider: str = "sandbox",
    key: str | None = None,
    **options: str,
) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {"provider": provider, "options": options}
    return buyer.post(f"/reservations/{reservation_id}/payments", body, headers=headers)


def payment(response: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.text
    found: dict[str, Any] = response.json()["payment"]
    return found


def sold(api: Api, raffle_id: str) -> int:
    return int(api.get(f"/raffles/{raffle_id}").json()["raffle"]["counts"]["sold"])


def test_a_buyer_pays_and_the_numbers_are_sold(people: dict[str, Api]) -> None:
    buyer, raffle_id = people["guest"], created(people["owner"], "publish")
    reservation_id = in_checkout(buyer, raffle_id, "07", "21")
    offered = people["stranger"].get(f"/payment-methods?raffle={raffle_id}").json()["methods"]
    assert [m["provider"] for m in offered] == ["sinpe", "sandbox"]
    paid = payment(begin(buyer, reservation_id), 201)
    assert (paid["status"], paid["amount"], paid["number_ids"]) == ("paid", 200_000, ["07", "21"])
    assert paid["sold_as"] == reservation_id
    assert payment(buyer.get(f"/payments/{paid['id']}"))["status"] == "paid"
    held = reservation(buyer.get(f"/reservations/{reservation_id}"))
    assert (held["phase"], held["payment_id"]) == ("completed", paid["id"])
    assert sold(buyer, raffle_id) == 2


def test_after_a_decline_another_attempt_pays(people: dict[str, Api]) -> None:
    buyer, raffle_id = people["guest"], created(people["owner"], "publish")
    reservation_id = in_checkout(buyer, raffle_id, "07")
    declined = payment(begin(buyer, reservation_id, key="first", mode="decline"), 201)
    assert (declined["status"], declined["reason"]) == ("declined", "card_declined")
    again = payment(begin(buyer, reservation_id, key="first", mode="decline"), 201)
    assert (again["id"], again["status"]) == (declined["id"], "declined")
    assert reservation(buyer.get(f"/reservations/{reservation_id}"))["phase"] == "checkout"
    assert payment(begin(buyer, reservation_id, key="second"), 201)["status"] == "paid"


def test_two_taps_at_once_pay_once(people: dict[str, Api], server: ServerProcess) -> None:
    buyer, raffle_id = people["guest"], created(people["owner"], "publish")
    reservation_id = in_checkout(buyer, raffle_id, "07")
    answers: list[httpx.Response] = []

    def tap() -> None:
        api = Api(server, buyer.token)
        answers.append(begin(api, reservation_id, key="tap"))
        api.close()

    taps = [threading.Thread(target=tap) for _ in range(4)]
    for thread in taps:
        thread.start()
    for thread in taps:
        thread.join()
    assert len({payment(answer, 201)["id"] for answer in answers}) == 1
    payment_id = payment(answers[0], 201)["id"]
    eventually(lambda: payment(buyer.get(f"/payments/{payment_id}"))["status"] == "paid")
    assert sold(buyer, raffle_id) == 1
    audit = people["admin"].get("/money/audit").json()
    assert audit["findings"] == {}


def test_one_attempt_at_a_time_and_giving_one_up_makes_room(people: dict[str, Api]) -> None:
    buyer, raffle_id = people["guest"], created(people["owner"], "publish")
    reservation_id = in_checkout(buyer, raffle_id, "07")
    waiting = payment(begin(buyer, reservation_id, mode="abandoned"), 201)
    assert (waiting["status"], waiting["action"]) == ("pending", {"type": "wait"})
    assert waiting["expires_in_ms"] > 290_000
    second = problem(begin(buyer, reservation_id), 409, "payment_in_progress")
    assert second == {"payment_id": waiting["id"]}
    gone = payment(buyer.post(f"/payments/{waiting['id']}/cancel"))
    assert (gone["status"], gone["action"]) == ("cancelled", None)
    assert payment(begin(buyer, reservation_id), 201)["status"] == "paid"


def test_a_page_that_was_closed_finds_the_attempts_of_a_reservation(people: dict[str, Api]) -> None:
    buyer, raffle_id = people["guest"], created(people["owner"], "publish")
    reservation_id = in_checkout(buyer, raffle_id, "07")
    path = f"/reservations/{reservation_id}/payments"
    assert buyer.get(path).json() == {"payments": []}
    declined = payment(begin(buyer, reservation_id, mode="decline"), 201)
    waiting = payment(begin(buyer, reservation_id, mode="abandoned"), 201)
    found = buyer.get(path).json()["payments"]
    assert [one["id"] for one in found] == [waiting["id"], declined["id"]]
    assert (found[0]["status"], found[0]["action"]) == ("pending", {"type": "wait"})
    assert (found[1]["status"], found[1]["reason"]) == ("declined", "card_declined")
    problem(people["owner"].get(path), 403, "forbidden")
    problem(people["user"].get(path), 403, "forbidden")


def test_letting_a_reservation_go_lets_its_payment_go_first(people: dict[str, Api]) -> None:
    buyer, raffle_id = people["guest"], created(people["owner"], "publish")
    reservation_id = in_checkout(buyer, raffle_id, "07")
    waiting = payment(begin(buyer, reservation_id, mode="cancel_fails"), 201)
    refused = problem(
        buyer.post(f"/reservations/{reservation_id}/cancel"), 409, "payment_in_progress"
    )
    assert refused == {"payment_id": waiting["id"]}
    path = f"/payments/{waiting['id']}"
    eventually(lambda: payment(buyer.get(path))["status"] == "cancelled")
    eventually(
        lambda: reservation(buyer.get(f"/reservations/{reservation_id}"))["payment_id"] is None
    )
    assert reservation(buyer.post(f"/reservations/{reservation_id}/cancel"))["phase"] == "cancelled"


def test_money_that_comes_while_time_runs_out_is_never_lost(people: dict[str, Api]) -> None:
    buyer = people["guest"]
    raffle_id = created(people["owner"], "publish", checkout_seconds=5)
    reservation_id = in_checkout(buyer, raffle_id, "07")
    late = payment(begin(buyer, reservation_id, mode="cancel_too_late"), 201)
    other_id = in_checkout(people["user"], raffle_id, "08")
    payment(begin(people["user"], other_id, mode="abandoned"), 201)
    path = f"/reservations/{reservation_id}"
    eventually(lambda: reservation(buyer.get(path))["phase"] == "completed")
    eventually(lambda: payment(buyer.get(f"/payments/{late['id']}"))["status"] == "paid")
    path = f"/reservations/{other_id}"
    eventually(lambda: reservation(people["user"].get(path))["phase"] == "expired")
    assert sold(buyer, raffle_id) == 1


def test_sinpe_is_paid_when_the_organizer_says_so(people: dict[str, Api]) -> None:
    buyer, owner = people["guest"], people["owner"]
    raffle_id = created(owner, "publish")
    reservation_id = in_checkout(buyer, raffle_id, "07")
    begun = payment(begin(buyer, reservation_id, "sinpe"), 201)
    assert begun["status"] == "pending"
    assert begun["action"] | {"code": ""} == {
        "type": "sinpe",
        "phone": "88887777",
        "name": "Escuela",
        "amount": 100_000,
        "currency": "CRC",
        "code": "",
    }
    path = f"/payments/{begun['id']}"
    contact = {"name": "Ana Mora", "phone": "8888 7777"}
    assert buyer.call("PUT", "/api/v1/me/contact", json=contact).status_code == 200
    assert owner.get(f"/raffles/{raffle_id}/payments?status=review").json() == {"payments": []}
    said = payment(buyer.post(f"{path}/receipt", {"reference": REFERENCE}))
    assert said["status"] == "review"
    picture = buyer.post(f"{path}/receipt", content=PNG, headers={"Content-Type": "image/png"})
    assert payment(picture)["expires_in_ms"] > 23 * 3_600_000
    assert reservation(buyer.get(f"/reservations/{reservation_id}"))["phase"] == "payment_review"
    [seen] = owner.get(f"/raffles/{raffle_id}/payments?status=review").json()["payments"]
    assert seen["declared_reference"] == REFERENCE
    assert seen["code"] == begun["action"]["code"]
    assert seen["payment"]["expires_in_ms"] > 23 * 3_600_000
    assert (seen["contact"]["name"], seen["contact"]["phone"]) == ("Ana Mora", "+50688887777")
    assert seen["payment"]["action"] is None
    [picture_at] = seen["receipts"]
    shown = owner.call("GET", picture_at)
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
    approval = {"reference": REFERENCE, "amount": 100_000}
    assert payment(owner.post(f"{path}/approve", approval))["status"] == "paid"
    assert sold(buyer, raffle_id) == 1
    # The same transfer pays nothing else.
    other_id = in_checkout(people["user"], raffle_id, "08")
    other = payment(begin(people["user"], other_id, "sinpe"), 201)
    path = f"/payments/{other['id']}"
    problem(owner.post(f"{path}/approve", approval), 409, "reference_taken")
    assert sold(buyer, raffle_id) == 1
    rejected = payment(owner.post(f"{path}/reject", {"reason": "no llegó"}))
    assert (rejected["status"], rejected["reason"]) == ("declined", "rejected")


def test_too_little_by_sinpe_is_a_case_and_goes_back_by_the_organizers_hand(
    people: dict[str, Api],
) -> None:
    buyer, owner = people["guest"], people["owner"]
    raffle_id = created(owner, "publish")
    reservation_id = in_checkout(buyer, raffle_id, "07")
    begun = payment(begin(buyer, reservation_id, "sinpe"), 201)
    path = f"/payments/{begun['id']}"
    little = payment(owner.post(f"{path}/approve", {"reference": "ABC123456", "amount": 99_999}))
    assert little["status"] == "review"
    cases = f"/raffles/{raffle_id}/money-cases"
    [case] = owner.get(cases).json()["cases"]
    assert (case["kind"], case["amount"], case["payment_id"]) == (
        "underpaid",
        99_999,
        begun["id"],
    )
    problem(people["other organizer"].get(cases), 403, "forbidden")
    decision = {"resolution": "refund", "note": "se devuelve"}
    assert owner.post(f"/money-cases/{case['id']}/resolve", decision).status_code == 200
    assert payment(buyer.get(path))["status"] == "refunding"
    eventually(
        lambda: [one["kind"] for one in owner.get(cases).json()["cases"]] == ["refund_failed"]
    )
    [case] = owner.get(cases).json()["cases"]
    assert case["amount"] == 99_999
    held = f"/reservations/{reservation_id}"
    eventually(lambda: reservation(buyer.get(held))["payment_id"] is None)
    sent = {"resolution": "refund", "note": "enviado por SINPE"}
    assert owner.post(f"/money-cases/{case['id']}/resolve", sent).status_code == 200
    assert payment(buyer.get(path))["status"] == "refunded"
    assert owner.get(cases).json() == {"cases": []}


def by_hand(people: dict[str, Api], raffle_id: str, *labels: str) -> str:
    """A payment by SINPE that has bought these numbers."""
    buyer = people["guest"]
    begun = payment(begin(buyer, in_checkout(buyer, raffle_id, *labels), "sinpe"), 201)
    approval = {"reference": f"AB{uuid4().hex[:12]}", "amount": 100_000 * len(labels)}
    approved = people["owner"].post(f"/payments/{begun['id']}/approve", approval)
    assert payment(approved)["status"] == "paid"
    return str(begun["id"])


def give_back(people: dict[str, Api], payment_id: str, *labels: str) -> None:
    """An admin puts numbers on sale again, and owes their price."""
    asked = {"reason": "pedido", "numbers": labels}
    given = payment(people["admin"].post(f"/payments/{payment_id}/refund", asked))
    assert given["status"] == "refunding"


def decide(who: Api, case: dict[str, Any], resolution: str) -> httpx.Response:
    """Settle a case."""
    return who.post(f"/money-cases/{case['id']}/resolve", {"resolution": resolution, "note": "así"})


def test_numbers_given_back_while_a_person_has_money_to_send_are_a_case_after_it(
    people: dict[str, Api],
) -> None:
    owner, raffle_id = people["owner"], created(people["owner"], "publish")
    path = f"/payments/{by_hand(people, raffle_id, '07', '21', '22')}"
    cases = f"/raffles/{raffle_id}/money-cases"
    give_back(people, path.rpartition("/")[2], "07")
    [first] = owner.get(cases).json()["cases"]
    give_back(people, path.rpartition("/")[2], "21")
    assert owner.get(cases).json()["cases"] == [first]
    assert decide(owner, first, "refund").status_code == 200
    assert payment(people["guest"].get(path))["refunded"] == 100_000
    [second] = owner.get(cases).json()["cases"]
    assert (second["kind"], second["amount"]) == ("refund_failed", 100_000)
    assert second["id"] != first["id"]
    # Whoever still sees the first one sends nothing of the second.
    assert decide(owner, first, "refund").status_code == 200
    assert payment(people["guest"].get(path))["refunded"] == 100_000
    problem(decide(owner, first, "keep"), 409, "wrong_phase")
    assert owner.get(cases).json()["cases"] == [second]
    # Kept by agreement: what is owed later is another matter.
    assert decide(owner, second, "keep").status_code == 200
    assert owner.get(cases).json()["cases"] == []
    give_back(people, path.rpartition("/")[2], "22")
    [third] = owner.get(cases).json()["cases"]
    assert third["kind"] == "refund_failed"


def test_what_one_person_has_decided_about_money_another_cannot_undo(
    people: dict[str, Api],
) -> None:
    buyer, owner, raffle_id = people["guest"], people["owner"], created(people["owner"], "publish")
    begun = payment(begin(buyer, in_checkout(buyer, raffle_id, "07"), "sinpe"), 201)
    approval = {"reference": f"AB{uuid4().hex[:12]}", "amount": 99_999}
    assert owner.post(f"/payments/{begun['id']}/approve", approval).status_code == 200
    [case] = owner.get(f"/raffles/{raffle_id}/money-cases").json()["cases"]
    assert decide(owner, case, "keep").status_code == 200
    problem(decide(people["admin"], case, "refund"), 409, "wrong_phase")
    assert payment(buyer.get(f"/payments/{begun['id']}"))["status"] == "review"
    assert decide(owner, case, "keep").status_code == 200


def test_an_admin_gives_back_some_numbers_and_then_the_rest(people: dict[str, Api]) -> None:
    buyer, admin, raffle_id = people["guest"], people["admin"], created(people["owner"], "publish")
    paid = payment(begin(buyer, in_checkout(buyer, raffle_id, "07", "21")), 201)
    path = f"/payments/{paid['id']}/refund"
    problem(people["owner"].post(path, {"reason": "x"}), 403, "forbidden")
    strange = admin.post(path, {"reason": "x", "numbers": ["99"]})
    assert strange.status_code in (400, 409)
    one = payment(admin.post(path, {"reason": "pedido", "numbers": ["07"]}))
    assert (one["status"], one["refunded"]) == ("paid", 100_000)
    assert sold(buyer, raffle_id) == 1
    for _ in range(2):
        rest = payment(admin.post(path, {"reason": "pedido"}))
        assert (rest["status"], rest["refunded"]) == ("refunded", 200_000)
    assert sold(buyer, raffle_id) == 0
    assert reservation(hold(people["user"], raffle_id, "07", "21"), 201)["phase"] == "selection"


def test_who_gave_money_back_and_why_is_kept_with_the_payment(
    people: dict[str, Api], database: str
) -> None:
    buyer, admin, raffle_id = people["guest"], people["admin"], created(people["owner"], "publish")
    paid = payment(begin(buyer, in_checkout(buyer, raffle_id, "07", "21")), 201)
    back = {"reason": "se equivocó de número", "numbers": ["07"]}
    payment(admin.post(f"/payments/{paid['id']}/refund", back))
    kept = json.loads(ask(database, "SELECT details FROM payments WHERE id = $1", paid["id"]))
    (decision,) = (kept[key] for key in kept if key.startswith("refund_asked_"))
    assert (decision["why"], decision["numbers"]) == (back["reason"], [7])
    assert UUID(decision["by"])


def received(who: Api, raffle_id: str, **query: object) -> list[dict[str, Any]]:
    """What has brought money to a raffle, as one page."""
    answer = who.get(f"/raffles/{raffle_id}/payments", params={"status": "paid", **query})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["payments"]
    return found


def test_what_was_paid_is_found_with_its_buyer_and_with_what_went_back(
    people: dict[str, Api],
) -> None:
    buyer, owner, raffle_id = people["user"], people["owner"], created(people["owner"], "publish")
    contact = {"name": "Ana Mora", "phone": "+50688887777", "email": "ana@example.com"}
    assert buyer.put("/me/contact", contact).status_code == 200
    reservation_id = in_checkout(buyer, raffle_id, "07", "21")
    payment(begin(buyer, reservation_id, mode="decline"), 201)
    assert received(owner, raffle_id) == []
    paid = payment(begin(buyer, reservation_id), 201)
    in_checkout(people["guest"], raffle_id, "08")
    [sale] = received(owner, raffle_id)
    assert (sale["payment"]["id"], sale["payment"]["status"]) == (paid["id"], "paid")
    assert sale["payment"]["number_ids"] == ["07", "21"]
    assert sale["payment"]["action"] is None
    assert (sale["captured"], sale["paid_currency"], sale["unit_price"]) == (
        200_000,
        "CRC",
        100_000,
    )
    assert {**contact, **sale["contact"]} == {**sale["contact"], **contact}
    assert (sale["returned_ids"], sale["refund_by_hand"]) == ([], False)
    assert sale["decided_at"] >= sale["payment"]["created_at"]
    back = {"reason": "pedido", "numbers": ["07"]}
    payment(people["admin"].post(f"/payments/{paid['id']}/refund", back))
    for who in ("owner", "admin"):
        [sale] = received(people[who], raffle_id, number="07")
        assert (sale["payment"]["status"], sale["payment"]["refunded"]) == ("paid", 100_000)
        assert sale["returned_ids"] == ["07"]
    assert received(owner, raffle_id, number="08") == []


def test_where_a_person_sends_the_money_back_the_list_says_so(people: dict[str, Api]) -> None:
    buyer, owner, raffle_id = people["guest"], people["owner"], created(people["owner"], "publish")
    sinpe = payment(begin(buyer, in_checkout(buyer, raffle_id, "07"), "sinpe"), 201)
    path = f"/payments/{sinpe['id']}"
    payment(buyer.post(f"{path}/receipt", {"reference": "RECIBIDO0001"}))
    payment(owner.post(f"{path}/approve", {"reference": "RECIBIDO0001", "amount": 100_000}))
    [sale] = received(owner, raffle_id)
    assert (sale["refund_by_hand"], sale["reference"]) == (True, ":RECIBIDO0001")
    assert payment(people["admin"].post(f"{path}/refund", {"reason": "x"}))["status"] == "refunding"
    [sale] = received(owner, raffle_id)
    assert (sale["payment"]["status"], sale["returned_ids"]) == ("refunding", ["07"])


def test_what_was_paid_comes_page_by_page_without_gaps_or_repeats(people: dict[str, Api]) -> None:
    owner, raffle_id = people["owner"], created(people["owner"], "publish")
    buyer = people["user"]
    made = [
        payment(begin(buyer, in_checkout(buyer, raffle_id, label)), 201)["id"]
        for label in ("01", "02", "03", "04", "05")
    ]
    for limit in (1, 2, 5, 200):
        found: list[str] = []
        more: dict[str, object] = {}
        while page := received(owner, raffle_id, limit=limit, **more):
            assert len(page) <= limit
            assert len(found) < len(made)
            found += [sale["payment"]["id"] for sale in page]
            more = {"before": found[-1]}
        assert found == made[::-1]


def test_a_list_of_payments_that_makes_no_sense_is_refused(people: dict[str, Api]) -> None:
    owner, raffle_id = people["owner"], created(people["owner"], "publish")
    elsewhere = created(owner, "publish")
    buyer = people["guest"]
    foreign = payment(begin(buyer, in_checkout(buyer, elsewhere, "07")), 201)["id"]
    path = f"/raffles/{raffle_id}/payments"
    for query, field in (
        ("status=sold", "status"),
        ("status=paid&before=yesterday", "before"),
        (f"status=paid&before={uuid4()}", "before"),
        (f"status=paid&before={foreign}", "before"),
        ("status=paid&limit=0", "limit"),
        ("status=paid&limit=201", "limit"),
    ):
        refused = problem(owner.get(f"{path}?{query}"), 400, "bad_request")
        assert refused["field"] == field, query
    for label in ("7", "100", "x", ""):
        problem(owner.get(f"{path}?status=paid&number={label}"), 400, "unknown_number")
    for who in ("user", "guest", "other organizer"):
        problem(people[who].get(f"{path}?status=paid"), 403, "forbidden")
    problem(people["stranger"].get(f"{path}?status=paid"), 401, "unauthenticated")
    draft = created(owner)
    problem(people["user"].get(f"/raffles/{draft}/payments?status=paid"), 404, "not_found")
    assert received(owner, draft) == []


def test_a_method_that_is_switched_off_takes_no_new_payment(people: dict[str, Api]) -> None:
    buyer, owner = people["guest"], people["owner"]
    raffle_id = created(owner, "publish")
    reservation_id = in_checkout(buyer, raffle_id, "07")
    path = f"/api/v1/raffles/{raffle_id}/payment-methods/sandbox"
    problem(people["other organizer"].call("PUT", path, json={"enabled": False}), 403, "forbidden")
    assert owner.call("PUT", path, json={"enabled": False}).status_code == 200
    methods = buyer.get(f"/payment-methods?raffle={raffle_id}").json()["methods"]
    assert [m["provider"] for m in methods] == ["sinpe"]
    refused = problem(begin(buyer, reservation_id), 409, "method_not_offered")
    assert refused == {"provider": "sandbox"}
    assert owner.call("PUT", path, json={"enabled": True}).status_code == 200
    assert payment(begin(buyer, reservation_id), 201)["status"] == "paid"
    own = f"/api/v1/raffles/{raffle_id}/payment-methods/sinpe"
    wrong = {"enabled": True, "settings": {"phone": "12"}}
    assert problem(owner.call("PUT", own, json=wrong), 400, "bad_request") == {"field": "phone"}
    problem(
        owner.call("PUT", "/api/v1/payment-methods/sinpe", json={"enabled": True}), 403, "forbidden"
    )


def test_an_organizer_sees_every_switch_and_who_has_set_it(
    server: ServerProcess, people: dict[str, Api]
) -> None:
    me = uuid4()
    owner = Api.of(server, Role.ORGANIZER, me)
    raffle_id = created(owner, "publish")
    path = f"/raffles/{raffle_id}/payment-methods"

    def switches() -> dict[str, dict[str, Any]]:
        return {one["provider"]: one for one in owner.get(path).json()["methods"]}

    before = switches()
    assert list(before) == ["sinpe", "sandbox"]
    assert before["sinpe"] == {
        "provider": "sinpe",
        "priority": 40,
        "takes_currency": True,
        "offered": True,
        "here": None,
        "everywhere": None,
    }
    word = {"enabled": False, "priority": 5, "settings": {"phone": "8777-6666"}}
    assert owner.call("PUT", f"/api/v1{path}/sinpe", json=word).status_code == 200
    after = switches()
    assert list(after) == ["sandbox", "sinpe"]
    assert (after["sinpe"]["offered"], after["sinpe"]["priority"]) == (False, 5)
    here = after["sinpe"]["here"]
    assert {name: here[name] for name in word} == word
    assert here["changed_by"] == str(me)
    assert here["changed_at"].endswith("Z")
    owner.close()
    problem(people["other organizer"].get(path), 403, "forbidden")
    problem(people["stranger"].get(path), 401, "unauthenticated")


def test_a_payment_is_nobody_elses_business(people: dict[str, Api]) -> None:
    buyer, raffle_id = people["guest"], created(people["owner"], "publish")
    reservation_id = in_checkout(buyer, raffle_id, "07")
    problem(begin(people["user"], reservation_id), 403, "forbidden")
    problem(begin(people["stranger"], reservation_id), 401, "unauthenticated")
    begun = payment(begin(buyer, reservation_id, "sinpe"), 201)
    path = f"/payments/{begun['id']}"
    approval = {"reference": "ABC1234567", "amount": 100_000}
    for who in ("user", "other organizer"):
        problem(people[who].get(path), 403, "forbidden")
        problem(people[who].post(f"{path}/receipt", {"reference": "ABC1234567"}), 403, "forbidden")
        problem(people[who].post(f"{path}/cancel"), 403, "forbidden")
        problem(people[who].post(f"{path}/approve", approval), 403, "forbidden")
        problem(people[who].post(f"{path}/reject", {"reason": "x"}), 403, "forbidden")
        problem(people[who].post(f"{path}/refund", {"reason": "x"}), 403, "forbidden")
        problem(people[who].get(f"/raffles/{raffle_id}/payments"), 403, "forbidden")
        problem(people[who].get("/money/audit"), 403, "forbidden")
        problem(people[who].get("/money-cases"), 403, "forbidden")
    problem(buyer.post(f"{path}/approve", approval), 403, "forbidden")
    assert payment(people["owner"].get(path))["action"] is None
    problem(buyer.get(f"/payments/{uuid4()}"), 404, "not_found")
    problem(buyer.get(f"{path}/receipts/1"), 404, "not_found")


def test_a_picture_is_what_its_bytes_say_and_no_larger_than_allowed(people: dict[str, Api]) -> None:
    buyer, raffle_id = people["guest"], created(people["owner"], "publish")
    begun = payment(begin(buyer, in_checkout(buyer, raffle_id, "07"), "sinpe"), 201)
    path = f"/payments/{begun['id']}/receipt"
    picture = {"Content-Type": "image/png"}
    problem(buyer.post(path, content=b"<svg/>", headers=picture), 400, "bad_request")
    too_large = buyer.post(path, content=PNG + bytes(2 << 20), headers=picture)
    problem(too_large, 413, "payload_too_large")
    fits = PNG + bytes((2 << 20) - len(PNG))
    assert payment(buyer.post(path, content=fits, headers=picture))["status"] == "review"
    problem(buyer.post(path, {"reference": "?"}), 400, "bad_request")


def test_a_forged_webhook_changes_nothing(people: dict[str, Api], server: ServerProcess) -> None:
    buyer, raffle_id = people["guest"], created(people["owner"], "publish")
    waiting = payment(begin(buyer, in_checkout(buyer, raffle_id, "07"), mode="abandoned"), 201)
    event = {
        "id": "evt_1",
        "account": "sandbox",
        "kind": "payment.captured",
        "reference": f"sbx_{UUID(waiting['id']).hex}",
        "payment_id": waiting["id"],
        "created_at": 0,
    }
    for headers in (
        {},
        {"sandbox-signature": "t=1,v1=00"},
        {"sandbox-signature": f"t={int(time.time())},v1={'0' * 64}"},
    ):
        problem(
            people["stranger"].post("/webhooks/sandbox", event, headers=headers), 400, "bad_request"
        )
    problem(people["stranger"].post("/webhooks/nobody", event), 404, "not_found")
    problem(people["stranger"].post("/webhooks/sinpe", event), 400, "bad_request")
    large = people["stranger"].post("/webhooks/sandbox", content=bytes(300_000))
    problem(large, 413, "payload_too_large")
    assert payment(buyer.get(f"/payments/{waiting['id']}"))["status"] == "pending"
    assert 'result="forged"' in httpx.get(f"{server.url}/metrics", timeout=60).text


def test_the_audit_says_when_it_last_found_nothing(
    people: dict[str, Api], server: ServerProcess
) -> None:
    admin = Api.of(server, Role.ADMIN)
    eventually(lambda: admin.get("/money/audit").json()["answered_at"] is not None)
    report = admin.get("/money/audit").json()
    assert (report["findings"], report["clean_at"]) == ({}, report["answered_at"])
    admin.close()


def test_what_costs_nothing_is_taken_without_paying(people: dict[str, Api]) -> None:
    buyer, raffle_id = people["guest"], created(people["owner"], "publish", price=0)
    offered = buyer.get(f"/payment-methods?raffle={raffle_id}").json()["methods"]
    assert [m["provider"] for m in offered] == ["free"]
    reservation_id = in_checkout(buyer, raffle_id, "07", "21")
    problem(begin(buyer, reservation_id, "sandbox"), 409, "method_not_offered")

    taken = payment(begin(buyer, reservation_id, "free"), 201)

    assert (taken["status"], taken["amount"]) == ("paid", 0)
    assert reservation(buyer.get(f"/reservations/{reservation_id}"))["phase"] == "completed"
    given_back = people["admin"].post(f"/payments/{taken['id']}/refund", {"reason": "a mistake"})
    assert payment(given_back)["status"] == "refunded"
    assert sold(buyer, raffle_id) == 0
