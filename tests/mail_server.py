"""A real SMTP server in a thread, which can be told to refuse, to be slow, or to vanish."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

READY_SECONDS = 30


class MailServer:
    """What it has taken is in `mails`; what it answers is for a test to say."""

    def __init__(self, certificate: Path | None = None, **options: Any) -> None:
        """`certificate`: a file with a key, for STARTTLS.

        `options`: ``auth``, ``implicit`` (TLS from the first byte), ``smtputf8``.
        """
        self.mails: list[EmailMessage] = []
        self.receivers: list[str] = []
        self.logins: list[tuple[str, str]] = []
        self.connections = 0
        self.answer_to_recipient = "250 OK"
        self.answer_to_data = "250 OK"
        self.taken = threading.Condition()
        self.stalls = False
        """Mails are listened to, and never answered."""
        self.port = 0
        self._options = options
        self._implicit = options.get("implicit", False)
        self._tls = None
        if certificate is not None:
            self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._tls.load_cert_chain(certificate)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open: list[asyncio.Transport] = []
        self.password = ""
        """Whoever logs in must know it."""

    # -- what aiosmtpd asks ----------------------------------------------------------------------

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        if self.answer_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.stalls:
            await asyncio.Event().wait()
        if not self.answer_to_data.startswith("250"):
            return self.answer_to_data
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        with self.taken:
            self.mails.append(mail)
            self.receivers.extend(envelope.rcpt_tos)
            self.taken.notify_all()
        return "250 OK"

    def _authenticate(self, *asked: Any) -> AuthResult:
        login = asked[-1]
        assert isinstance(login, LoginPassword)
        self.logins.append((login.login.decode(), login.password.decode()))
        return AuthResult(success=login.password == self.password.encode(), handled=False)

    # -- its life --------------------------------------------------------------------------------

    @contextmanager
    def running(self, port: int = 0) -> Iterator[MailServer]:
        """Listen on this machine until the block ends."""
        ready, over = threading.Event(), asyncio.Event()
        thread = threading.Thread(target=self._run, args=(port, ready, over))
        thread.start()
        try:
            assert ready.wait(READY_SECONDS), "the mail server did not start"
            yield self
        finally:
            assert self._loop is not None
            self._loop.call_soon_threadsafe(over.set)
            thread.join(READY_SECONDS)

    def wait_for(self, true: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until so much has come."""
        with self.taken:
            assert self.taken.wait_for(true, seconds), f"{len(self.mails)} mails came"

    def hang_up(self) -> None:
        """Break every connection."""
        assert self._loop is not None
        for transport in self._open:
            self._loop.call_soon_threadsafe(transport.abort)

    def _run(self, port: int, ready: threading.Event, over: asyncio.Event) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            server = await self._loop.create_server(
                self._protocol, "127.0.0.1", port, ssl=self._tls if self._implicit else None
            )
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await over.wait()
            server.close()
            for transport in self._open:
                transport.abort()
            await asyncio.sleep(0)
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run(serve())

    def _protocol(self) -> SMTP:
        server, count = self, self._count

        class Counted(SMTP):
            def connection_made(self, transport: Any) -> None:
                count(transport)
                super().connection_made(transport)

        return Counted(
            server,
            hostname="mail.test",
            enable_SMTPUTF8=self._options.get("smtputf8", True),
            tls_context=None if self._implicit else self._tls,
            require_starttls=self._tls is not None and not self._implicit,
            authenticator=self._authenticate if self._options.get("auth") else None,
        )

    def _count(self, transport: asyncio.Transport) -> None:
        self.connections += 1
        self._open.append(transport)


def self_made_certificate(folder: Path, name: str = "localhost") -> Path:
    """A certificate with its key in the same file: trust it to believe it. This machine's by default."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        names.append(x509.IPAddress(IPv4Address("127.0.0.1")))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "certificate.pem"
    file.write_bytes(private + made.public_bytes(pem))
    return file
