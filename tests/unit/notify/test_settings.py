"""What the environment says of mail, and what is refused at the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorteos_actors.errors import CannotStart
from sorteos_actors.notify.settings import MailSettings

CANARY = "canary-password-7f3a"
NAMES = ("HOST", "PORT", "USER", "PASSWORD", "PASSWORD_FILE", "SECURITY")
WHOLE = {
    "SMTP_HOST": "mail.example.cr",
    "SMTP_USER": "rifas",
    "SMTP_PASSWORD": CANARY,
    "MAIL_FROM": "Rifas de la Escuela <rifas@example.cr>",
}


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*(f"SMTP_{name}" for name in NAMES), "MAIL_FROM"):
        monkeypatch.delenv(name, raising=False)


def read(patch: pytest.MonkeyPatch, said: dict[str, str], **more: str) -> MailSettings | None:
    """The settings in such an environment; an empty value is none."""
    for name, value in (said | more).items():
        patch.setenv(name, value)
    return MailSettings.from_environment()


def test_without_a_host_no_mail_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, WHOLE, SMTP_HOST="") is None


@pytest.mark.parametrize(
    ("security", "port", "user"),
    [("", 587, "rifas"), ("starttls", 587, "rifas"), ("TLS", 465, "rifas"), ("none", 25, "")],
)
def test_the_port_follows_from_how_it_is_encrypted(
    monkeypatch: pytest.MonkeyPatch, security: str, port: int, user: str
) -> None:
    login = {"SMTP_USER": user, "SMTP_PASSWORD": CANARY if user else ""}
    settings = read(monkeypatch, WHOLE | login, SMTP_SECURITY=security)
    assert settings is not None
    assert (settings.port, settings.security) == (port, security.lower() or "starttls")
    assert str(settings.sender) == WHOLE["MAIL_FROM"]


def test_the_password_may_come_from_a_file_and_shows_nowhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{CANARY}\n")
    monkeypatch.setenv("SMTP_PASSWORD_FILE", str(file))
    said = {name: value for name, value in WHOLE.items() if name != "SMTP_PASSWORD"}
    settings = read(monkeypatch, said)
    assert settings is not None
    assert settings.password is not None
    assert settings.password.reveal() == CANARY
    assert CANARY not in f"{settings} {settings!r}"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"MAIL_FROM": ""}, "MAIL_FROM"),
        ({"MAIL_FROM": "rifas"}, "MAIL_FROM"),
        ({"MAIL_FROM": "a@example.cr, b@example.cr"}, "MAIL_FROM"),
        ({"MAIL_FROM": "a@example.cr\nBcc: b@example.cr"}, "MAIL_FROM"),
        ({"MAIL_FROM": "ñ@example.cr"}, "MAIL_FROM"),
        ({"MAIL_FROM": "a@exa mple.cr"}, "MAIL_FROM"),
        ({"SMTP_PORT": "0"}, "SMTP_PORT"),
        ({"SMTP_PORT": "smtp"}, "SMTP_PORT"),
        ({"SMTP_SECURITY": "ssl"}, "SMTP_SECURITY"),
        ({"SMTP_HOST": "mail.example.cr/x"}, "SMTP_HOST"),
        ({"SMTP_PASSWORD": ""}, "SMTP_PASSWORD"),
        ({"SMTP_USER": ""}, "SMTP_USER"),
        ({"SMTP_USER": "a\x07b"}, "SMTP_USER"),
        ({"SMTP_PASSWORD": f"{CANARY} {CANARY}"}, "SMTP_PASSWORD"),
        ({"SMTP_SECURITY": "none"}, "SMTP_PASSWORD"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str], named: str
) -> None:
    with pytest.raises(CannotStart, match=named) as told:
        read(monkeypatch, WHOLE | wrong)
    assert CANARY not in str(told.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_password_may_be_readable_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    settings = read(monkeypatch, WHOLE, SMTP_HOST=host, SMTP_SECURITY="none")
    assert settings is not None
