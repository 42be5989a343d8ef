"""Mails of a real server, by a real database and a real SMTP server: after a sale, and never on its way."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from pathlib import Path

import pytest

from sorteos_actors.embedded import EmbeddedServers
from tests.databases import fresh_database
from tests.integration.http_api import Api
from tests.integration.http_people import a_crowd, created
from tests.integration.server_process import ServerProcess, free_port
from tests.integration.test_http_payments import begin, in_checkout, payment, sold
from tests.mail_server import MailServer, self_made_certificate
from tests.waiting import eventually

CANARY = "canary-password-7f3a"
CONTACT = {"name": "Ana Rojas", "phone": "8888-7777", "email": "ana@example.com"}
PUBLIC = "https://rifas.example"


class Shop:
    """A server that may be paid with the sandbox's money, and its people."""

    def __init__(self, process: ServerProcess, people: dict[str, Api]) -> None:
        self.process = process
        self.people = people

    def buy(self, *labels: str, **contact: str) -> str:
        """A guest who says how they can be reached, and pays; the raffle."""
        buyer, raffle_id = self.people["guest"], created(self.people["owner"], "publish")
        if contact:
            assert buyer.put("/me/contact", contact).status_code == 200
        paid = payment(begin(buyer, in_checkout(buyer, raffle_id, *labels)), 201)
        assert paid["status"] == "paid"
        return raffle_id


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_made_certificate(tmp_path_factory.mktemp("trusted"))


@pytest.fixture
def shop(
    servers: EmbeddedServers, tmp_path: Path, certificate: Path
) -> Iterator[Callable[..., Shop]]:
    """Make a shop whose mails go to a port; keywords are more of its environment."""
    opened = ExitStack()

    def make(port: int, **environment: str) -> Shop:
        process = ServerProcess(
            fresh_database(servers),
            servers.redis_url or "",
            tmp_path,
            PAYMENTS_SANDBOX="1",
            PUBLIC_URL=PUBLIC,
            SINPE_PHONE="8888-7777",
            SMTP_HOST="localhost",
            SMTP_PORT=str(port),
            MAIL_FROM="Rifas <rifas@example.cr>",
            SSL_CERT_FILE=str(certificate),
            LOG_LEVEL="DEBUG",
            **environment,
        )
        process.start()
        opened.callback(process.stop)
        return Shop(process, opened.enter_context(a_crowd(process)))

    with opened:
        yield make


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_sale_sends_one_mail_with_the_ticket(
    shop: Callable[..., Shop], certificate: Path
) -> None:
    server = MailServer(certificate, auth=True)
    server.password = CANARY
    with server.running():
        made = shop(server.port, SMTP_USER="us", SMTP_PASSWORD=CANARY)
        made.buy("07", "21", **CONTACT)
        server.wait_for(lambda: bool(server.mails))
        made.buy("08", **CONTACT, language="en")
        server.wait_for(lambda: len(server.mails) == 2)
        made.process.stop()
    first, second = server.mails
    assert server.receivers == ["ana@example.com"] * 2
    assert server.logins == [("us", CANARY)] * len(server.logins)
    assert (first["Subject"], second["Subject"]) == ("Sus números en Rifa", "Your numbers in Rifa")
    assert first["Message-ID"] != second["Message-ID"]
    text = text_of(first)
    assert "Hola, Ana Rojas:" in text
    assert "07, 21" in text
    assert "₡2\N{NO-BREAK SPACE}000" in text
    assert f"{PUBLIC}/boleto/" in text
    [ticket] = first.iter_attachments()
    content = ticket.get_content()
    assert isinstance(content, bytes)
    assert content.startswith(b"%PDF")
    log = made.process.log()
    for private in (CANARY, "ana@example.com", "Ana Rojas"):
        assert private not in log


def test_who_is_refunded_or_rejected_is_told(shop: Callable[..., Shop], certificate: Path) -> None:
    with MailServer(certificate).running() as server:
        made = shop(server.port)
        guest, owner, admin = (made.people[who] for who in ("guest", "owner", "admin"))
        assert guest.put("/me/contact", CONTACT).status_code == 200
        raffle_id = created(owner, "publish")
        bought = payment(begin(guest, in_checkout(guest, raffle_id, "07", "21")), 201)
        server.wait_for(lambda: len(server.mails) == 1)
        some = {"reason": "pedido", "numbers": ["07"]}
        assert admin.post(f"/payments/{bought['id']}/refund", some).status_code == 200
        server.wait_for(lambda: len(server.mails) == 2)
        hoped = payment(begin(guest, in_checkout(guest, raffle_id, "30"), "sinpe"), 201)
        path = f"/payments/{hoped['id']}"
        assert guest.post(f"{path}/receipt", {"reference": "2026112510283000"}).status_code == 200
        assert owner.post(f"{path}/reject", {"reason": "no llegó"}).status_code == 200
        server.wait_for(lambda: len(server.mails) == 3)
    _, refund, rejected = server.mails
    assert refund["Subject"] == "Le devolvemos su dinero de Rifa"
    assert "Número: 07" in text_of(refund)
    assert "₡1\N{NO-BREAK SPACE}000" in text_of(refund)
    assert rejected["Subject"] == "No encontramos su pago de Rifa"
    assert "Número: 30" in text_of(rejected)


def test_a_mail_server_that_is_away_costs_a_sale_nothing_and_the_mail_goes_later(
    shop: Callable[..., Shop], certificate: Path
) -> None:
    port = free_port()
    made = shop(port)
    raffle_id = made.buy("07", **CONTACT)
    assert sold(made.people["guest"], raffle_id) == 1
    eventually(lambda: "waits: no connection" in made.process.log())
    with MailServer(certificate).running(port) as server:
        server.wait_for(lambda: bool(server.mails))
    assert [mail["Subject"] for mail in server.mails] == ["Sus números en Rifa"]


def test_sales_go_on_while_a_mail_server_never_answers(
    shop: Callable[..., Shop], certificate: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        made = shop(mute.getsockname()[1])
        made.buy("07", **CONTACT)
        stuck, _ = mute.accept()
        with stuck:
            for n in range(5):
                raffle_id = made.buy(f"{n:02}")
                assert sold(made.people["guest"], raffle_id) == 1
