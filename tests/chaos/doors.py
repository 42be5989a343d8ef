"""Two ways to say a command: over a socket, and by HTTP. Both answer in the words of ``sorteos.v2``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

import httpx
import msgspec
import trio
from trio_websocket import ConnectionClosed, ConnectionRejected, HandshakeError

from sorteos_actors.terminal.client import RaffleClient, open_client
from sorteos_actors.testing.history import Kind
from sorteos_actors.web.auth import Role, Tokens
from tests.integration.server_process import SECRET

ANSWER_SECONDS: Final = 12.0
"""Longer than anything that a node or the proxy waits for."""

Answer = dict[str, Any]


class Lost(Exception):
    """The connection ended, or never came up, or no answer came: nothing is known."""


class Asked(msgspec.Struct, frozen=True):
    """A command of one buyer; `take`, `give` are numbers, `count` is for a quick pick."""

    kind: Kind
    reservation_id: UUID
    take: tuple[int, ...] = ()
    give: tuple[int, ...] = ()
    count: int = 0


class Person(msgspec.Struct, frozen=True):
    """Who asks."""

    user_id: UUID
    token: str

    @classmethod
    def of(cls, user_id: UUID, now: int) -> Person:
        """A person with a token that lasts for the whole run."""
        token, _ = Tokens(SECRET).issue(user_id, Role.USER, now=now, seconds=24 * 3600)
        return cls(user_id, token)


class Door(Protocol):
    """An open way to one raffle."""

    async def say(self, asked: Asked) -> Answer:
        """The answer, also a refusal. Raises `Lost`."""


def label(number: int, width: int) -> str:
    """A number as it is printed."""
    return f"{number:0{width}}"


class _SocketDoor:
    def __init__(self, client: RaffleClient, width: int) -> None:
        self._client = client
        self._width = width

    async def say(self, asked: Asked) -> Answer:
        with trio.move_on_after(ANSWER_SECONDS):
            return await self._client.request(
                asked.kind, reservation_id=str(asked.reservation_id), **self._fields(asked)
            )
        raise Lost("no answer")

    def _fields(self, asked: Asked) -> dict[str, object]:
        take = [label(number, self._width) for number in asked.take]
        give = [label(number, self._width) for number in asked.give]
        match asked.kind:
            case "quick_pick":
                return {"count": asked.count}
            case "swap":
                return {"give": give, "take": take}
            case "reserve" | "add":
                return {"numbers": take}
            case "remove":
                return {"numbers": give}
            case _:
                return {}


class _HttpDoor:
    """What HTTP can say: no quick pick, no swap, one number at a time."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        raffle_id: UUID,
        person: Person,
        key: str,
        width: int,
    ) -> None:
        self._http = http
        self._base = f"{url}/api/v1"
        self._raffle_id = raffle_id
        self._headers = {"Authorization": f"Bearer {person.token}"}
        self._key = key
        self._width = width

    async def say(self, asked: Asked) -> Answer:
        try:
            answer = await self._send(asked)
            content = answer.json()
        except (httpx.TransportError, ValueError) as error:
            raise Lost(str(error)) from error
        return content if answer.is_success else {"error": content}

    async def _send(self, asked: Asked) -> httpx.Response:
        own = f"/reservations/{asked.reservation_id}"
        match asked.kind:
            case "reserve":
                numbers = [label(number, self._width) for number in asked.take]
                body = {"raffle_id": str(self._raffle_id), "number_ids": numbers}
                return await self._call("POST", "/reservations", body)
            case "add":
                [number] = asked.take
                body = {"number_id": label(number, self._width)}
                return await self._call("POST", f"{own}/add-number", body)
            case "remove":
                [number] = asked.give
                return await self._call("DELETE", f"{own}/numbers/{label(number, self._width)}")
            case "checkout":
                return await self._call("POST", f"{own}/move-to-checkout")
            case "cancel":
                return await self._call("POST", f"{own}/cancel")
            case "read":
                return await self._call("GET", own)
            case _:
                raise AssertionError(f"HTTP has no {asked.kind}")

    async def _call(self, method: str, path: str, body: object = None) -> httpx.Response:
        headers = {**self._headers, "Idempotency-Key": self._key}
        return await self._http.request(method, self._base + path, json=body, headers=headers)


def reservation_id_over_http(person: Person, raffle_id: UUID, key: str) -> UUID:
    """The id that the server makes of an `Idempotency-Key`."""
    return uuid5(person.user_id, f"{raffle_id}:{key}")


@asynccontextmanager
async def socket_door(url: str, raffle_id: UUID, person: Person, width: int) -> AsyncIterator[Door]:
    """A socket. Raises `Lost` when it cannot be opened, or ends in the block."""
    try:
        async with open_client(url, raffle_id, person.token) as client:
            yield _SocketDoor(client, width)
    except ConnectionRejected as error:
        raise Lost(f"refused with {error.status_code}") from error
    except (ConnectionClosed, HandshakeError, OSError, trio.BrokenResourceError) as error:
        raise Lost(str(error) or type(error).__name__) from error


@asynccontextmanager
async def http_door(
    http: httpx.AsyncClient, url: str, raffle_id: UUID, person: Person, key: str, width: int
) -> AsyncIterator[Door]:
    """Requests on the connections of `http`, which is shared."""
    yield _HttpDoor(http, url, raffle_id, person, key, width)
