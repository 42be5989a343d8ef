"""Handing mails to a real server: what is encrypted, what is refused, and what takes too long."""

from __future__ import annotations

import logging
import ssl
import traceback
from collections.abc import Iterator
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from pathlib import Path
from typing import Any

import pytest

from sorteos_actors.errors import MailRefused, MailUnavailable
from sorteos_actors.notify import smtp
from sorteos_actors.notify.settings import MailSettings
from sorteos_actors.notify.smtp import Smtp
from sorteos_actors.payments.secret import Secret
from tests.mail_server import MailServer, self_made_certificate

CANARY = "canary-password-7f3a"
SENDER = Address("Rifas", "rifas", "example.cr")


def settings(server: MailServer, **changes: Any) -> MailSettings:
    fields: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "sender": SENDER,
    }
    return MailSettings(**(fields | changes))


def a_mail(to: str = "ana@example.com") -> EmailMessage:
    mail = EmailMessage(policy=WIRE)
    user, _, domain = to.partition("@")
    mail["From"], mail["To"] = SENDER, Address(username=user, domain=domain)
    mail["Subject"] = "¡Gracias!"
    mail.set_content("Hola\n.\nadiós\n")
    return mail


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return self_made_certificate(tmp_path)


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


async def test_a_mail_arrives_as_it_was_written(server: MailServer) -> None:
    async with Smtp(settings(server)).session() as session:
        await session.send(a_mail())
        await session.send(a_mail("beto@example.com"))
    assert server.receivers == ["ana@example.com", "beto@example.com"]
    assert server.connections == 1
    [first, _] = server.mails
    assert first["Subject"] == "¡Gracias!"
    assert first.get_content().splitlines() == ["Hola", ".", "adiós"]


async def test_the_password_goes_to_a_server_that_is_trusted(certificate: Path) -> None:
    server = MailServer(certificate, auth=True)
    server.password = CANARY
    with server.running():
        known = settings(server, security="starttls", user="us", password=Secret(CANARY))
        async with Smtp(known, trusting(certificate)).session() as session:
            await session.send(a_mail())
    assert server.logins == [("us", CANARY)]
    assert len(server.mails) == 1


async def test_nothing_is_said_to_a_server_that_is_not_trusted(certificate: Path) -> None:
    server = MailServer(certificate, auth=True)
    with server.running():
        known = settings(server, security="starttls", user="us", password=Secret(CANARY))
        with pytest.raises(MailUnavailable, match="certificate"):
            async with Smtp(known).session():
                pass
    assert (server.logins, server.mails) == ([], [])


async def test_the_name_on_the_certificate_counts(tmp_path: Path) -> None:
    certificate = self_made_certificate(tmp_path, "mail.example.cr")
    server = MailServer(certificate)
    with server.running():
        known = settings(server, security="starttls")
        with pytest.raises(MailUnavailable, match="certificate"):
            async with Smtp(known, trusting(certificate)).session():
                pass


async def test_a_server_that_does_not_encrypt_gets_nothing(server: MailServer) -> None:
    known = settings(server, security="starttls", user="us", password=Secret(CANARY))
    with pytest.raises(MailUnavailable):
        async with Smtp(known).session():
            pass
    assert server.logins == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_tls_from_the_first_byte(certificate: Path, host: str) -> None:
    server = MailServer(certificate, implicit=True)
    with server.running():
        known = settings(server, security="tls", host=host)
        async with Smtp(known, trusting(certificate)).session() as session:
            await session.send(a_mail())
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("recipient", "data", "error"),
    [
        ("550 nobody here", "250 OK", MailRefused),
        ("450 come back later", "250 OK", MailUnavailable),
        ("250 OK", "554 this is spam", MailRefused),
        ("250 OK", "451 disk full", MailUnavailable),
    ],
)
async def test_what_the_server_says_is_for_ever_or_for_now(
    server: MailServer, recipient: str, data: str, error: type[Exception]
) -> None:
    async with Smtp(settings(server)).session() as session:
        server.answer_to_recipient, server.answer_to_data = recipient, data
        with pytest.raises(error) as told:
            await session.send(a_mail())
        assert session.is_open
        server.answer_to_recipient = server.answer_to_data = "250 OK"
        await session.send(a_mail())
    assert str(told.value).endswith(recipient[:3] if recipient[0] != "2" else data[:3])
    assert "ana" not in str(told.value)
    assert len(server.mails) == 1


async def test_a_server_that_goes_away_leaves_it_open_whether_the_mail_went(
    server: MailServer,
) -> None:
    async with Smtp(settings(server)).session() as session:
        server.hang_up()
        with pytest.raises(MailUnavailable):
            await session.send(a_mail())
        assert not session.is_open


async def test_nobody_waits_for_ever_for_a_server_that_is_silent(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.stalls = True
    async with Smtp(settings(server)).session() as session:
        monkeypatch.setattr(smtp, "SEND_SECONDS", 0.2)
        with pytest.raises(MailUnavailable, match="in time"):
            await session.send(a_mail())
        assert not session.is_open


async def test_where_nobody_listens_is_said_in_one_way(server: MailServer) -> None:
    gone = settings(server)
    gone = MailSettings(host=gone.host, port=1, security="none", sender=SENDER)
    with pytest.raises(MailUnavailable, match="no connection"):
        async with Smtp(gone).session():
            pass


async def test_an_address_in_another_alphabet_needs_a_server_that_knows_it(
    server: MailServer,
) -> None:
    async with Smtp(settings(server)).session() as session:
        await session.send(a_mail("ñandú@example.com"))
    assert server.receivers == ["ñandú@example.com"]
    with MailServer(smtputf8=False).running() as old:
        async with Smtp(settings(old)).session() as session:
            with pytest.raises(MailRefused, match="alphabet"):
                await session.send(a_mail("ñandú@example.com"))


async def test_the_password_shows_nowhere(
    certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = MailServer(certificate, auth=True)
    server.password = "another"
    with server.running():
        known = settings(server, security="starttls", user="us", password=Secret(CANARY))
        with pytest.raises(MailUnavailable, match="login") as told:
            async with Smtp(known, trusting(certificate)).session():
                pass
    assert {password for _, password in server.logins} == {CANARY}
    shown = "".join(traceback.format_exception(told.value)) + caplog.text
    assert CANARY not in shown + repr(known) + str(known)
