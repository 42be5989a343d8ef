"""What the environment may say, and the sentence for everything else."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from sorteos_actors.config import Settings, mask_url
from sorteos_actors.errors import CannotStart

NAMES = [
    "DATABASE_URL",
    "DB_HOST",
    "DB_PORT",
    "DB_USER",
    "DB_PASSWORD",
    "DB_NAME",
    "REDIS_URL",
    "REDIS_HOST",
    "REDIS_PORT",
    "REDIS_PASSWORD",
    "JWT_SECRET",
    "CORS_ORIGINS",
    "SELECTION_SECONDS",
    "CHECKOUT_SECONDS",
    "MAX_NUMBERS_PER_USER",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "RATE_LIMITS",
    "TRUSTED_PROXIES",
]
GOOD_SECRET = "f00dfeed" * 8


@pytest.fixture(autouse=True)
def an_empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Settings.from_environment()


def test_without_a_word_everything_is_embedded_and_as_the_seed_says() -> None:
    settings = Settings.from_environment()
    assert settings.database_url is None
    assert settings.redis_url is None
    assert settings.jwt_secret is None
    assert (settings.selection_seconds, settings.checkout_seconds) == (600, 300)
    assert settings.max_numbers_per_user == 10
    assert settings.rate_limits_on


def test_the_seeds_names_make_the_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch,
        DB_HOST="db",
        DB_PORT="6543",
        DB_USER="sorteos_user",
        DB_PASSWORD="p@ss/word",
        DB_NAME="sorteos_db",
        REDIS_HOST="cache",
        REDIS_PASSWORD="hush",
        JWT_SECRET=GOOD_SECRET,
    )
    assert settings.database_url == "postgresql://sorteos_user:p%40ss%2Fword@db:6543/sorteos_db"
    assert settings.redis_url == "redis://:hush@cache:6379/0"


def test_a_url_wins_over_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://a:b@c/d"
    settings = read(monkeypatch, DATABASE_URL=url, DB_HOST="db", JWT_SECRET=GOOD_SECRET)
    assert settings.database_url == url


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(GOOD_SECRET + "\n")
    assert read(monkeypatch, JWT_SECRET_FILE=str(file)).jwt_secret == GOOD_SECRET


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch,
        CORS_ORIGINS="http://localhost:5173, https://sorteos.example",
        TRUSTED_PROXIES="10.0.0.0/8,::1",
        RATE_LIMITS="off",
        LOG_FORMAT="json",
        LOG_LEVEL="debug",
    )
    assert settings.cors_origins == ("http://localhost:5173", "https://sorteos.example")
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert not settings.rate_limits_on
    assert (settings.log_format, settings.log_level) == ("json", "DEBUG")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SELECTION_SECONDS", "ten"),
        ("SELECTION_SECONDS", "0"),
        ("SELECTION_SECONDS", "-5"),
        ("CHECKOUT_SECONDS", "1e3"),
        ("MAX_NUMBERS_PER_USER", "٣"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "LOUD"),
        ("RATE_LIMITS", "maybe"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "sorteos.example"),
        ("CORS_ORIGINS", "https://sorteos.example/path"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("DATABASE_URL", "not a url"),
        ("DATABASE_URL", "mysql://db/x"),
        ("REDIS_URL", "localhost"),
        ("REDIS_URL", "http://localhost"),
        ("DB_HOST", "db/x"),
        ("DB_HOST", "user@db"),
        ("REDIS_HOST", "tcp://10.0.0.1:6379"),
        ("JWT_SECRET_FILE", "/nowhere/at/all"),
    ],
)
def test_a_bad_value_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(CannotStart, match=name.removesuffix("_FILE")):
        read(monkeypatch, **{name: value})


@pytest.mark.parametrize("name", ["DB_USER", "DB_PASSWORD", "DB_NAME", "REDIS_PASSWORD"])
def test_a_forgotten_host_does_not_start_an_embedded_server_in_silence(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with pytest.raises(CannotStart, match=f"{name.split('_')[0]}_HOST is missing"):
        read(monkeypatch, **{name: "canary"})


def test_a_port_alone_is_an_orchestrators_and_means_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = read(monkeypatch, REDIS_PORT="tcp://10.0.0.1:6379", DB_PORT="tcp://10.0.0.1:5432")
    assert (settings.database_url, settings.redis_url) == (None, None)


def test_an_address_of_version_6_gets_its_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, DB_HOST="::1", REDIS_HOST="fe80::1", JWT_SECRET=GOOD_SECRET)
    assert settings.database_url == "postgresql://[::1]:5432/sorteos"
    assert settings.redis_url == "redis://[fe80::1]:6379/0"


def test_db_port_must_be_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CannotStart, match="DB_PORT"):
        read(monkeypatch, DB_HOST="db", DB_PORT="70000")


@pytest.mark.parametrize("secret", [None, "short", "your-secret-key-your-secret-key-your-key"])
def test_a_database_of_ones_own_needs_a_real_secret(
    monkeypatch: pytest.MonkeyPatch, secret: str | None
) -> None:
    if secret is not None:
        monkeypatch.setenv("JWT_SECRET", secret)
    with pytest.raises(CannotStart, match="JWT_SECRET"):
        read(monkeypatch, DATABASE_URL="postgresql://db/x")


def test_no_secret_is_ever_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch,
        DATABASE_URL="postgresql://user:canary1@db/x",
        REDIS_URL="redis://:canary2@cache:6379/0",
        JWT_SECRET="canary3" * 8,
    )
    shown = f"{settings!r} {settings} {mask_url(settings.database_url or '')}"
    assert "canary" not in shown
    assert "user:***@db" in shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://cache/0", "redis://cache/0"),
        ("redis://:canary@cache/0", "redis://:***@cache/0"),
        ("postgresql://u:can@ary@db:5432/x", "postgresql://u:***@db:5432/x"),
        (
            "postgresql://db/x?user=u&password=canary&a=b",
            "postgresql://db/x?user=u&password=***&a=b",
        ),
    ],
)
def test_a_masked_url_has_everything_but_the_password(url: str, shown: str) -> None:
    assert mask_url(url) == shown


def test_a_broken_secret_file_does_not_show_what_is_in_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"canary\xff")
    with pytest.raises(CannotStart, match="JWT_SECRET") as refusal:
        read(monkeypatch, JWT_SECRET_FILE=str(file))
    assert "canary" not in str(refusal.value)
