"""May this request become a raffle's WebSocket? Everything is checked before the 101.

The WebSocket library would accept any Origin and an upgrade that carries a body (a way to smuggle a
second request); we do not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs
from uuid import UUID

import msgspec

from sorteos_actors.web import origin
from sorteos_actors.web.addresses import budget_key, client_address
from sorteos_actors.web.auth import Identity, InvalidToken
from sorteos_actors.web.services import Services

SUBPROTOCOL: Final = "sorteos.v2"
SOCKET_PATH: Final = re.compile(r"/api/v1/raffles/([^/?]+)/ws(?:\?(.*))?\Z")


class Upgrade(msgspec.Struct, frozen=True):
    """An upgrade that was found good."""

    raffle_id: UUID
    address_key: str
    is_legacy: bool
    deflate: bool
    identity: Identity | None


class Refusal(msgspec.Struct, frozen=True):
    """Why not, as HTTP."""

    status: int
    code: str
    retry_after: int | None = None


def check(
    target: str, headers: Mapping[str, str], peer: str, services: Services
) -> Upgrade | Refusal:
    """Judge the head of an upgrade request. Header names are lower case, repeated ones are joined."""
    match = SOCKET_PATH.match(target)
    if match is None:
        return Refusal(404, "not_found")
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        return Refusal(400, "bad_request")
    if not origin.is_allowed(
        headers.get("origin"),
        headers.get("host"),
        services.settings.cors_origins,
        browser=origin.looks_like_browser(headers.get("user-agent"), headers.get("sec-fetch-site")),
    ):
        return Refusal(403, "forbidden")
    try:
        raffle_id = UUID(match[1])
    except ValueError:
        return Refusal(404, "not_found")
    offered = [p.strip() for p in headers.get("sec-websocket-protocol", "").split(",") if p.strip()]
    if offered and SUBPROTOCOL not in offered:
        return Refusal(400, "bad_request")
    try:
        identity = services.tokens.from_header(headers.get("authorization"))
    except InvalidToken:
        return Refusal(401, "unauthenticated")
    address = client_address(
        peer, headers.get("x-forwarded-for"), services.settings.trusted_proxies
    )
    query = parse_qs(match[2] or "")
    return Upgrade(
        raffle_id=raffle_id,
        address_key=budget_key(address),
        is_legacy=not offered,
        deflate=query.get("snapshot") == ["deflate"],
        identity=identity,
    )
