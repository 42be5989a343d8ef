"""A command by HTTP to its owner, for when Redis cannot carry it.

The internal listener of each node answers it (`web/internal.py`). Who asks proves that it knows the
cluster's secret: a signature over the body and the time, in PostgreSQL's clock.
"""

from __future__ import annotations

import hashlib
import hmac
from types import TracebackType
from typing import Final, Self

import httpx
import trio

from sorteos_actors.cluster.envelopes import Ask, Told, Unreadable, pack, read_told
from sorteos_actors.errors import PeerGone, PeerSilent
from sorteos_actors.ports import Answer, Clock, Moved, Owner

PATH: Final = "/internal/commands"
SIGNATURE: Final = "X-Sorteos-Signature"
ADDRESSEE: Final = "X-Sorteos-Node"
"""Who is meant: an address may be somebody else's by now, who answers 410 then."""
CONNECT_SECONDS: Final = 0.5
MOST_SKEW_MS: Final = 30_000
_CONNECTIONS: Final = 64


def internal_key(secret: str) -> bytes:
    """The key of the nodes' own messages: never that of people's tokens itself."""
    return hmac.digest(secret.encode(), b"sorteos internal", hashlib.sha256)


def sign(key: bytes, body: bytes, now: int) -> str:
    """``<milliseconds>.<hex>``: what this body was signed with, and when."""
    mac = hmac.new(key, f"{now}.".encode() + body, hashlib.sha256)
    return f"{now}.{mac.hexdigest()}"


def is_signed(key: bytes, body: bytes, signature: str, now: int) -> bool:
    """Whether the body comes from a node of ours, and is fresh."""
    at, _, _ = signature.partition(".")
    if not (at.isascii() and at.isdigit() and len(at) < 16 and abs(int(at) - now) <= MOST_SKEW_MS):
        return False
    return hmac.compare_digest(sign(key, body, int(at)).encode(), signature.encode())


class Courier:
    """Carries commands to other nodes' internal listeners. Used as a context."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(10, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=_CONNECTIONS),
            trust_env=False,  # A proxy for the world outside is no way to a neighbour.
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + 1):
            await self._client.__aexit__(kind, error, trace)

    async def carry(self, owner: Owner, ask: Ask, seconds: float) -> Answer | Moved:
        """The owner's answer, within `seconds`. Raises `PeerSilent`, or `PeerGone` when it has ended.

        When cancelled, the command may still have its effect.
        """
        body = pack(ask)
        headers = {
            SIGNATURE: sign(self._key, body, self._clock.now()),
            ADDRESSEE: owner.node,
        }
        with trio.move_on_after(seconds):
            try:
                response = await self._client.post(owner.url + PATH, content=body, headers=headers)
                if response.status_code == 200:
                    told: Told = read_told(response.content)
                    return told.answer
                if response.status_code == 410:
                    raise PeerGone(owner.node)
                raise PeerSilent(f"{owner.node} answered {response.status_code}")
            except httpx.TransportError as error:
                if _was_refused(error):
                    raise PeerGone(owner.node) from error
                raise PeerSilent(f"{owner.node}: {error}") from error
            except Unreadable as error:
                raise PeerSilent(f"{owner.node} speaks another version: {error}") from error
        raise PeerSilent(f"{owner.node} gave no answer in time")


def _was_refused(error: httpx.TransportError) -> bool:
    """Whether no process listens at the port, on any address of the host.

    The reason is looked for exactly where httpx leaves it: below httpcore's error, which hides it. To
    follow every context would find what is being handled at this moment: a refusal by somebody else.
    """
    below = error.__cause__
    if not isinstance(error, httpx.ConnectError) or below is None:
        return False
    return _is_refusal(below.__cause__ or below.__context__)


def _is_refusal(error: BaseException | None) -> bool:
    if error is None or isinstance(error, ConnectionRefusedError):
        return error is not None
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_refusal, error.exceptions))
    return _is_refusal(error.__cause__)
