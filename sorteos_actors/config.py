"""What the environment says, read once. Names are the seed's; secrets may come from ``NAME_FILE``."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, Literal, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec
from environs import EnvError, FileAwareEnv

from sorteos_actors.errors import CannotStart

T = TypeVar("T")
_PLACEHOLDERS: Final = (
    "your-secret-key",
    "changeme",
    "change-me",
    "secret",
    "placeholder",
    "example",
)
_SHORTEST_SECRET: Final = 32
_PASSWORD_IN_QUERY: Final = re.compile(r"((?:^|&)(?:password|sslpassword)=)[^&]*", re.IGNORECASE)
_HOST: Final = re.compile(r"[\w.:-]+")
_SCHEMES: Final = {
    "DATABASE_URL": ("postgresql", "postgres"),
    "REDIS_URL": ("redis", "rediss", "unix"),
}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting of a server. None for a URL: start an embedded server."""

    database_url: str | None = None
    redis_url: str | None = None
    jwt_secret: str | None = None
    node_url: str | None = None
    """Where other nodes reach this one; None: all nodes are on this machine."""
    cors_origins: tuple[str, ...] = ()
    selection_seconds: int = 600
    checkout_seconds: int = 300
    max_numbers_per_user: int = 10
    log_format: Literal["pretty", "json"] = "pretty"
    log_level: str = "INFO"
    rate_limits_on: bool = True
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()

    def __repr__(self) -> str:
        """Without a secret: safe for a log."""
        shown = {
            name: getattr(self, name) for name in self.__struct_fields__ if name != "jwt_secret"
        }
        for name in ("database_url", "redis_url"):
            shown[name] = None if shown[name] is None else mask_url(shown[name])
        secret = "unset" if self.jwt_secret is None else "set"
        return f"Settings({', '.join(f'{k}={v!r}' for k, v in shown.items())}, jwt_secret={secret})"

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the environment. Raises `CannotStart` with the name of the variable that is wrong."""
        env = FileAwareEnv()
        settings = cls(
            database_url=_url(env, "DATABASE_URL", "DB", "postgresql", 5432),
            redis_url=_url(env, "REDIS_URL", "REDIS", "redis", 6379),
            jwt_secret=_text(env, "JWT_SECRET"),
            node_url=_node_url(env),
            cors_origins=_list(env, "CORS_ORIGINS"),
            selection_seconds=_whole(env, "SELECTION_SECONDS", 600, 86_400),
            checkout_seconds=_whole(env, "CHECKOUT_SECONDS", 300, 86_400),
            max_numbers_per_user=_whole(env, "MAX_NUMBERS_PER_USER", 10, 1_000),
            log_format="json"
            if _choice(env, "LOG_FORMAT", "pretty", "json") == "json"
            else "pretty",
            log_level=_choice(env, "LOG_LEVEL", "INFO", "DEBUG", "WARNING", "ERROR", "CRITICAL"),
            rate_limits_on=_choice(env, "RATE_LIMITS", "default", "off") == "default",
            trusted_proxies=_networks(env),
        )
        _check_secret(settings)
        _check_origins(settings)
        return settings


def mask_url(url: str) -> str:
    """A URL that may be printed: without its password, wherever it stands."""
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    user, colon, _ = login.partition(":")
    query = _PASSWORD_IN_QUERY.sub(r"\1***", parts.query)
    netloc = f"{user}{':***' if colon else ''}{at}{host}"
    return urlunsplit(parts._replace(netloc=netloc, query=query))


def _read(name: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except (EnvError, ValueError, OSError) as error:
        raise CannotStart(f"{name} cannot be used: {error}.") from None


def _text(env: FileAwareEnv, name: str) -> str | None:
    value = _read(name, lambda: env.str(name, None))
    return value.strip() or None if value is not None else None


def _whole(env: FileAwareEnv, name: str, default: int, most: int) -> int:
    text = _text(env, name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12 and 1 <= int(text) <= most):
        raise CannotStart(f"{name} must be a whole number from 1 to {most}; it is {text!r}.")
    return int(text)


def _choice(env: FileAwareEnv, name: str, default: str, *others: str) -> str:
    text = _text(env, name)
    if text is None:
        return default
    for choice in (default, *others):
        if text.lower() == choice.lower():
            return choice
    raise CannotStart(f"{name} must be one of {', '.join((default, *others))}; it is {text!r}.")


def _list(env: FileAwareEnv, name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in (_text(env, name) or "").split(",") if part.strip())


def _url(env: FileAwareEnv, whole: str, prefix: str, scheme: str, port: int) -> str | None:
    """`DATABASE_URL`, or what `DB_HOST` and its friends say; None when neither is there."""
    url = _text(env, whole)
    if url is not None:
        if url.partition("://")[0] not in _SCHEMES[whole]:
            raise CannotStart(f"{whole} must be a URL such as {scheme}://host:{port}/name.")
        return url
    host = _text(env, f"{prefix}_HOST")
    user = _text(env, f"{prefix}_USER") if prefix == "DB" else None
    password = _text(env, f"{prefix}_PASSWORD")
    name = _text(env, f"{prefix}_NAME") if prefix == "DB" else "0"
    if host is None:
        # Not the port: orchestrators set variables of that name for services of their own.
        if user or password or (prefix == "DB" and name):
            raise CannotStart(f"{prefix}_HOST is missing, though other variables of it are set.")
        return None
    if not _HOST.fullmatch(host):
        raise CannotStart(f"{prefix}_HOST must be a name or an address; it is {host!r}.")
    port = _whole(env, f"{prefix}_PORT", port, 65_535)
    secret = "" if password is None else f":{quote(password, safe='')}"
    login = f"{quote(user or '', safe='')}{secret}@" if user or secret else ""
    address = f"[{host}]" if ":" in host else host
    return f"{scheme}://{login}{address}:{port}/{quote(name or user or 'sorteos', safe='')}"


def _node_url(env: FileAwareEnv) -> str | None:
    url = _text(env, "NODE_URL")
    if url is None:
        return None
    parts = _read("NODE_URL", lambda: urlsplit(url))
    if parts.scheme != "http" or not parts.hostname or parts.path.strip("/") or parts.query:
        raise CannotStart(f"NODE_URL must be http://host:port of this node; it is {url!r}.")
    _read("NODE_URL", lambda: parts.port)
    return url.rstrip("/")


def _networks(env: FileAwareEnv) -> tuple[IPv4Network | IPv6Network, ...]:
    name = "TRUSTED_PROXIES"
    return tuple(
        _read(name, lambda text=text: ip_network(text, strict=False))  # type: ignore[misc]
        for text in _list(env, name)
    )


def _check_secret(settings: Settings) -> None:
    """Embedded servers are for one machine and make their own secret; anything else needs a real one."""
    secret = settings.jwt_secret
    if secret is None and settings.database_url is None:
        return
    if secret is None:
        raise CannotStart(
            "JWT_SECRET is missing. With a database of your own, set it to at least "
            f"{_SHORTEST_SECRET} random bytes, for example from `openssl rand -hex 32`."
        )
    weak = len(secret.encode()) < _SHORTEST_SECRET or any(
        secret.lower().startswith(word) for word in _PLACEHOLDERS
    )
    if weak and settings.database_url is not None:
        raise CannotStart(
            f"JWT_SECRET is a placeholder or shorter than {_SHORTEST_SECRET} bytes. "
            "Make one with `openssl rand -hex 32`."
        )


def _check_origins(settings: Settings) -> None:
    for origin in settings.cors_origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or origin.count("/") != 2:
            raise CannotStart(
                f"CORS_ORIGINS holds {origin!r}; an origin is scheme://host[:port], nothing more."
            )
