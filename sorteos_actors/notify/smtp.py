"""Mails go out by SMTP: the standard library's client, in a thread of its own for as long as a call takes.

Nobody waits longer than the limits below, whatever the server does: when the time is up its socket is
closed under the thread, which then ends.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from typing import Final, TypeVar

import trio

from sorteos_actors.errors import MailRefused, MailUnavailable
from sorteos_actors.notify.settings import MailSettings

T = TypeVar("T")

CONNECT_SECONDS: Final = 15.0
SEND_SECONDS: Final = 30.0
QUIT_SECONDS: Final = 2.0
AT_ONCE: Final = 4
"""Threads of one node that speak to the mail server."""


class Session:
    """One connection. After `MailUnavailable` with `is_open` False it is of no use any more."""

    def __init__(self, client: smtplib.SMTP, call: _Call) -> None:
        self._client = client
        self._call = call

    @property
    def is_open(self) -> bool:
        """Whether the server still listens."""
        return self._client.sock is not None

    async def send(self, message: EmailMessage) -> None:
        """Hand over one mail. When it returns, the server has taken it.

        Raises `MailRefused` and `MailUnavailable`. When cancelled, it may have gone all the same.
        """
        client = self._client
        [sender], [receiver] = (message[name].addresses for name in ("From", "To"))

        def hand_over() -> None:
            client.send_message(message, sender.addr_spec, [receiver.addr_spec])

        try:
            await self._call(client, hand_over, SEND_SECONDS)
        except smtplib.SMTPRecipientsRefused as refused:
            [(code, _), *_] = refused.recipients.values()
            raise _judged("the recipient was refused", code) from None
        except smtplib.SMTPNotSupportedError:
            raise MailRefused("the server does not know this alphabet") from None
        except smtplib.SMTPSenderRefused as refused:
            # Our own address is wrong, or not allowed here: an operator can put that right.
            raise MailUnavailable(f"the sender was refused: {refused.smtp_code}") from None
        except smtplib.SMTPResponseException as refused:
            raise _judged("the mail was refused", refused.smtp_code) from None


class Smtp:
    """The server that takes our mail."""

    def __init__(self, settings: MailSettings, trust: ssl.SSLContext | None = None) -> None:
        """`trust`: which certificates are believed, when not those that the system does."""
        self._settings = settings
        self._trust = trust or ssl.create_default_context()
        self._call = _Call(trio.CapacityLimiter(AT_ONCE))

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A connection for the block: encrypted and logged in, as the settings say.

        Raises `MailUnavailable`.
        """
        settings = self._settings
        me = settings.sender.domain  # Else the client would ask for our name, and block.
        client = (
            smtplib.SMTP_SSL(local_hostname=me, timeout=SEND_SECONDS, context=self._trust)
            if settings.security == "tls"
            else smtplib.SMTP(local_hostname=me, timeout=SEND_SECONDS)
        )
        client._host = settings.host  # type: ignore[attr-defined]  # The name on the certificate.
        try:
            await self._call(client, lambda: self._greet(client), CONNECT_SECONDS)
        except smtplib.SMTPAuthenticationError as error:
            raise MailUnavailable(f"the login was refused: {error.smtp_code}") from None
        except smtplib.SMTPResponseException as error:
            raise MailUnavailable(f"the server refused us: {error.smtp_code}") from None
        except (smtplib.SMTPException, ValueError) as error:
            raise MailUnavailable(type(error).__name__) from None
        try:
            yield Session(client, self._call)
        finally:
            await self._leave(client)

    def _greet(self, client: smtplib.SMTP) -> None:
        settings = self._settings
        try:
            code, _ = client.connect(settings.host, settings.port)
            trio.from_thread.check_cancelled()  # While it connected there was no socket to cut.
            if code != 220:
                raise smtplib.SMTPConnectError(code, "")
            if settings.security == "starttls":
                client.starttls(context=self._trust)
            if settings.password is not None:
                client.login(settings.user, settings.password.reveal())
            else:
                client.ehlo_or_helo_if_needed()
        except BaseException:
            client.close()
            raise

    async def _leave(self, client: smtplib.SMTP) -> None:
        """Politely, if the server is quick."""
        with trio.CancelScope(shield=True):
            with suppress(MailUnavailable, smtplib.SMTPException):
                if client.sock is not None:
                    await self._call(client, client.quit, QUIT_SECONDS)
            client.close()


class _Call:
    """Blocking calls of a client, each in a bounded time."""

    def __init__(self, limiter: trio.CapacityLimiter) -> None:
        self._limiter = limiter

    async def __call__(self, client: smtplib.SMTP, work: Callable[[], T], seconds: float) -> T:
        """What `work` returns. Raises `MailUnavailable` for everything that is not a server's word."""
        try:
            with trio.fail_after(seconds):
                try:
                    return await trio.to_thread.run_sync(
                        work, abandon_on_cancel=True, limiter=self._limiter
                    )
                except trio.Cancelled:
                    _cut(client)
                    raise
        except trio.TooSlowError:
            raise MailUnavailable("no answer in time") from None
        except smtplib.SMTPServerDisconnected:
            client.close()
            raise MailUnavailable("the connection broke") from None
        except ssl.SSLCertVerificationError:
            client.close()
            raise MailUnavailable("the certificate is not trusted") from None
        except smtplib.SMTPException:
            raise
        except OSError as error:
            client.close()
            raise MailUnavailable(f"no connection: {type(error).__name__}") from None


def _cut(client: smtplib.SMTP) -> None:
    """End what a thread does with its socket, from outside."""
    sock, client.sock = client.sock, None
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()


def _judged(what: str, code: int) -> MailRefused | MailUnavailable:
    """Codes from 500 on are for ever, and those below are for now (RFC 5321)."""
    kind = MailRefused if code >= 500 else MailUnavailable
    return kind(f"{what}: {code}")
