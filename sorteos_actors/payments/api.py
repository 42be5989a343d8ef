"""One provider's HTTP API, and what its answers mean for whoever has asked.

An answer that leaves the outcome open (none at all, a conflict, too many calls, any 5xx) is
`ProviderUnavailable`: ask again with the same key. A definite answer comes back with its status.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx
import msgspec
import trio

from sorteos_actors.errors import ProviderUnavailable

SECONDS: Final = 20.0
_CONNECT_SECONDS: Final = 5.0
_CONNECTIONS: Final = 64
_MAX_BODY: Final = 1 << 20
_UNDECIDED: Final = frozenset({408, 409, 423, 425, 429})


class CredentialsRefused(ProviderUnavailable):
    """Not the payment's fault: it goes on as soon as the operator has put the keys right."""


class ReplayedFailure(ProviderUnavailable):
    """The provider repeats a failure that it has kept for this key, and will go on repeating it."""


class Answer(msgspec.Struct, frozen=True):
    """A definite answer: its status, and its JSON object (empty when there is no body)."""

    status: int
    body: dict[str, Any]

    @property
    def is_good(self) -> bool:
        """Whether the provider did as it was asked."""
        return 200 <= self.status < 300


class Api:
    """Calls to one base URL. Used as a context. A redirect is never followed: it could take keys away."""

    def __init__(
        self, name: str, base_url: str, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._name = name
        self._client = httpx.AsyncClient(
            base_url=base_url,
            timeout=httpx.Timeout(SECONDS, connect=_CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=_CONNECTIONS),
            transport=transport,
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

    async def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        json: object = None,
    ) -> Answer:
        """One call, within 20 seconds. Raises `ProviderUnavailable`.

        When cancelled, the call may still have its effect. No error says more than the provider's
        name and what kind of failure it was: keys travel in headers, and paths hold ids.
        """
        content = None if json is None else msgspec.json.encode(json)
        sent = dict(headers)
        if content is not None:
            sent["Content-Type"] = "application/json"
        try:
            with trio.fail_after(SECONDS):
                response = await self._client.request(
                    method, path, headers=sent, params=query, data=form, content=content
                )
        except (httpx.HTTPError, trio.TooSlowError) as error:
            raise ProviderUnavailable(f"{self._name}: {type(error).__name__}") from None
        return self._read(response)

    def _read(self, response: httpx.Response) -> Answer:
        status = response.status_code
        if status >= 500 and response.headers.get("idempotent-replayed") == "true":
            raise ReplayedFailure(f"{self._name} answered {status} again for the same key")
        is_elsewhere = 300 <= status < 400
        if is_elsewhere or status in _UNDECIDED or status >= 500:
            raise ProviderUnavailable(f"{self._name} answered {status}")
        if status in (401, 403):
            raise CredentialsRefused(f"{self._name} does not accept our credentials ({status})")
        if len(response.content) > _MAX_BODY:
            raise ProviderUnavailable(f"{self._name} answered more than anybody reads")
        if not response.content:
            return Answer(status, {})
        try:
            return Answer(status, msgspec.json.decode(response.content, type=dict[str, Any]))
        except msgspec.MsgspecError:
            raise ProviderUnavailable(f"{self._name} answered {status} without JSON") from None


def check_base(name: str, url: str) -> str:
    """A base URL that keys may be sent to: https, or this machine. Raises `ValueError`."""
    parts = urlsplit(url)
    is_local = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise ValueError(f"{name} must begin with https://")
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError(f"{name} must be https://host, without a login or a query")
    return url.rstrip("/")
