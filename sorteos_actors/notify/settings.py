"""What the environment says of mail. ``SMTP_PASSWORD_FILE`` may name a file; the password shows nowhere."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import ip_address
from typing import Final, Literal

import msgspec
from environs import EnvError, FileAwareEnv

from sorteos_actors.errors import CannotStart
from sorteos_actors.payments.secret import Secret

Security = Literal["starttls", "tls", "none"]

_PORTS: Final[dict[Security, int]] = {"starttls": 587, "tls": 465, "none": 25}
_HOST: Final = re.compile(r"[A-Za-z0-9.:_-]{1,255}")
_DOMAIN: Final = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


class MailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One server that takes our mail. Printing it shows no secret."""

    host: str
    port: int
    security: Security
    sender: Address
    """Whom mails are from."""
    user: str = ""
    password: Secret | None = None

    @classmethod
    def from_environment(cls) -> MailSettings | None:
        """Read the environment; None when there is no ``SMTP_HOST``: then no mail is sent.

        Raises `CannotStart` with the name of the variable that is wrong.
        """
        env = FileAwareEnv()
        host = _text(env, "SMTP_HOST")
        if not host:
            return None
        if not _HOST.fullmatch(host):
            raise CannotStart("SMTP_HOST must be a name or an address.")
        security = _security(_text(env, "SMTP_SECURITY") or "starttls")
        user, password = _text(env, "SMTP_USER"), _password(env)
        if bool(user) is not (password is not None):
            raise CannotStart("SMTP_USER and SMTP_PASSWORD go together; one of them is missing.")
        if not user.isprintable():
            raise CannotStart("SMTP_USER holds characters that cannot be printed.")
        if security == "none" and password is not None and not _is_loopback(host):
            raise CannotStart(
                "SMTP_SECURITY=none would send SMTP_PASSWORD readable over the network. "
                "Use starttls or tls."
            )
        return cls(
            host=host,
            port=_port(env, _PORTS[security]),
            security=security,
            sender=_sender(_text(env, "MAIL_FROM")),
            user=user,
            password=password,
        )


def _security(text: str) -> Security:
    for known in _PORTS:
        if text.lower() == known:
            return known
    raise CannotStart("SMTP_SECURITY must be starttls, tls or none.")


def _port(env: FileAwareEnv, default: int) -> int:
    text = _text(env, "SMTP_PORT")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= 65_535):
        raise CannotStart("SMTP_PORT must be a whole number from 1 to 65535.")
    return int(text)


def _password(env: FileAwareEnv) -> Secret | None:
    text = _text(env, "SMTP_PASSWORD")
    try:
        return Secret(text) if text else None
    except ValueError as error:
        raise CannotStart(f"SMTP_PASSWORD cannot be used: {error}.") from None


def _sender(text: str) -> Address:
    """One address, with or without a name: ``Rifas <rifas@example.cr>``."""
    if not text:
        raise CannotStart("MAIL_FROM is missing: with SMTP_HOST, say whom mails are from.")
    parsed = EmailMessage(policy=SMTP)
    found: tuple[Address, ...] = ()
    try:
        parsed["From"] = text
        if not parsed["From"].defects:
            found = parsed["From"].addresses
    except (ValueError, IndexError, HeaderParseError):
        pass  # Said below.
    sender = found[0] if len(found) == 1 else None
    if sender is None or not (sender.addr_spec.isascii() and sender.username):
        raise CannotStart("MAIL_FROM must be one address, such as Rifas <rifas@example.cr>.")
    if not _DOMAIN.fullmatch(sender.domain):
        raise CannotStart("MAIL_FROM must have a domain, such as rifas@example.cr.")
    return sender


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _text(env: FileAwareEnv, name: str) -> str:
    """A variable, or the file that ``NAME_FILE`` names; empty when there is neither."""
    try:
        return (env.str(name, None) or "").strip()
    except (EnvError, OSError, ValueError) as error:
        raise CannotStart(f"{name} cannot be read ({type(error).__name__}).") from None
