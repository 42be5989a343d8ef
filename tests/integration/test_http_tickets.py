"""Tickets over HTTP against a real server: bought, shown to anybody, printed, refunded, forged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp

from sorteos_actors.embedded import EmbeddedServers
from sorteos_actors.tickets.code import TicketCodes
from tests.databases import fresh_database
from tests.integration.http_api import Api, problem, reservation
from tests.integration.http_people import a_crowd, created, hold
from tests.integration.server_process import ServerProcess

PUBLIC = "https://sorteos.example.cr"


@pytest.fixture(scope="module")
def server(
    servers: EmbeddedServers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server that may be paid with the sandbox's money, and that people find at `PUBLIC`."""
    process = ServerProcess(
        fresh_database(servers),
        servers.redis_url or "",
        tmp_path_factory.mktemp("tickets"),
        PAYMENTS_SANDBOX="1",
        PUBLIC_URL=PUBLIC,
    )
    process.start()
    yield process
    process.stop()


@pytest.fixture
def people(server: ServerProcess) -> Iterator[dict[str, Api]]:
    """One of each kind."""
    with a_crowd(server) as found:
        yield found


def bought(people: dict[str, Api], *labels: str) -> tuple[dict[str, Any], str]:
    """A reservation that the guest has paid, and its payment."""
    buyer, raffle_id = people["guest"], created(people["owner"], "publish")
    made = reservation(hold(buyer, raffle_id, *labels), 201)
    assert made["ticket"] is None
    path = f"/reservations/{made['id']}"
    assert reservation(buyer.post(f"{path}/move-to-checkout"))["ticket"] is None
    paid = buyer.post(f"{path}/payments", {"provider": "sandbox", "options": {}})
    assert paid.json()["payment"]["status"] == "paid", paid.text
    return reservation(buyer.get(path)), str(paid.json()["payment"]["id"])


def ticket(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()["ticket"]
    return found


def printed(response: httpx.Response) -> tuple[str, list[str]]:
    """The words of a PDF, and what its QR codes say."""
    assert response.status_code == 200, response.text
    document = pypdfium2.PdfDocument(response.content)
    words = " ".join(
        word for page in document for word in page.get_textpage().get_text_range().split()
    )
    codes = zxingcpp.read_barcodes(document[0].render(scale=3).to_numpy())
    document.close()
    return words, [code.text for code in codes]


def test_what_was_bought_becomes_a_ticket_that_its_owner_finds(people: dict[str, Api]) -> None:
    held, _ = bought(people, "07", "21")
    assert held["phase"] == "completed"
    mine = people["guest"].get("/reservations/me").json()["reservations"]
    assert [one["ticket"] for one in mine if one["id"] == held["id"]] == [held["ticket"]]
    problem(people["user"].get(f"/reservations/{held['id']}"), 403, "forbidden")


def test_whoever_has_the_code_sees_the_ticket_and_not_who_bought_it(
    people: dict[str, Api], server: ServerProcess
) -> None:
    people["guest"].put(
        "/me/contact", {"name": "Ana Ruiz", "phone": "+50688887777", "email": "ana@example.cr"}
    )
    held, payment_id = bought(people, "21", "07")
    nobody = Api(server)
    answer = nobody.get(f"/tickets/{held['ticket']}")
    shown = ticket(answer)
    assert shown.pop("sold_at") <= shown.pop("server_time")
    raffle = people["owner"].get(f"/raffles/{held['raffle_id']}").json()["raffle"]
    assert shown == {
        "code": held["ticket"],
        "status": "valid",
        "raffle": {
            "id": held["raffle_id"],
            "title": raffle["title"],
            "status": "active",
            "draw_at": raffle["draw_at"],
        },
        "number_ids": ["07", "21"],
        "refunded": 0,
    }
    assert answer.headers["Cache-Control"] == "no-store"
    document = nobody.get(f"/tickets/{held['ticket']}/ticket.pdf")
    for text in (answer.text, printed(document)[0]):
        for secret in ("Ana", "8888", "ana@", held["user_id"], payment_id):
            assert secret not in text
    nobody.close()


def test_it_is_printed_in_a_language_and_scanned_it_leads_to_its_address(
    people: dict[str, Api],
) -> None:
    held, _ = bought(people, "07", "21")
    api, path = people["stranger"], f"/tickets/{held['ticket']}"
    answer = api.get(f"{path}/ticket.pdf?lang=en")
    text, codes = printed(answer)
    assert "Your 2 numbers 07 21" in text
    assert codes == [f"{PUBLIC}/boleto/{held['ticket']}"]
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    name = f"boleto-{held['ticket'][-8:]}.pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert "Sus 2 números" in printed(api.get(f"{path}/ticket.pdf"))[0]
    assert problem(api.get(f"{path}/ticket.pdf?lang=fr"), 400, "bad_request") == {"field": "lang"}


def test_a_ticket_that_is_known_is_not_drawn_again_until_it_changes(
    people: dict[str, Api],
) -> None:
    held, payment_id = bought(people, "07", "21")
    api, path = people["stranger"], f"/tickets/{held['ticket']}/ticket.pdf"
    known = {"If-None-Match": api.get(path).headers["ETag"]}
    again = api.get(path, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert api.get(f"{path}?lang=pt", headers=known).status_code == 200
    refund = {"reason": "asked", "numbers": ["07"]}
    assert people["admin"].post(f"/payments/{payment_id}/refund", refund).status_code == 200
    assert api.get(path, headers=known).status_code == 200


def test_its_picture_is_the_same_code_and_may_be_kept(people: dict[str, Api]) -> None:
    held, _ = bought(people, "07")
    answer = people["stranger"].get(f"/tickets/{held['ticket']}/qr.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "private, max-age=604800"
    assert answer.text.startswith("<svg ")
    assert "script" not in answer.text


def test_refunded_numbers_vanish_from_it(people: dict[str, Api]) -> None:
    held, payment_id = bought(people, "07", "21")
    path, refund = f"/tickets/{held['ticket']}", f"/payments/{payment_id}/refund"
    assert people["admin"].post(refund, {"reason": "asked", "numbers": ["07"]}).status_code == 200
    left = ticket(people["stranger"].get(path))
    assert (left["status"], left["number_ids"], left["refunded"]) == ("partly_refunded", ["21"], 1)
    text, _ = printed(people["stranger"].get(f"{path}/ticket.pdf"))
    assert "Su número 21" not in text
    assert "Se reembolsó un número" in text
    assert "07" not in text.split()
    assert people["admin"].post(refund, {"reason": "asked", "numbers": ["21"]}).status_code == 200
    gone = ticket(people["stranger"].get(path))
    assert (gone["status"], gone["number_ids"], gone["refunded"]) == ("refunded", [], 2)
    sold_again, _ = bought(people, "07")
    assert sold_again["ticket"] != held["ticket"]


def test_a_forged_code_is_of_no_ticket(people: dict[str, Api]) -> None:
    held, _ = bought(people, "07")
    code = held["ticket"]
    named = (UUID(held["raffle_id"]), UUID(held["id"]))
    changed = code[:-1] + ("A" if code[-1] != "A" else "B")
    for forged in (changed, TicketCodes("guessed").code(*named), code[:-1], "x", held["id"]):
        for what in ("", "/qr.svg", "/ticket.pdf"):
            problem(people["guest"].get(f"/tickets/{forged}{what}"), 404, "not_found")


def test_what_is_not_paid_has_no_ticket_even_with_the_right_seal(
    people: dict[str, Api], server: ServerProcess
) -> None:
    raffle_id = created(people["owner"], "publish")
    held = reservation(hold(people["guest"], raffle_id, "07"), 201)
    code = TicketCodes(server.secret).code(UUID(raffle_id), UUID(held["id"]))
    problem(people["guest"].get(f"/tickets/{code}"), 404, "not_found")
