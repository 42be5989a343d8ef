"""The HTTP side of a server, for an operator's verbs: plain calls that return what the wire says."""

from __future__ import annotations

import unicodedata
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

import httpx

from sorteos_actors.terminal.complaint import Complaint
from sorteos_actors.terminal.words import printable

_TIMEOUT_SECONDS: Final = 20.0
_PAGE: Final = 100
_NAMED: Final = 5


class Refusal(Complaint):
    """The server said no, with a code of the contract."""

    def __init__(self, status: int, code: str, message: str, params: dict[str, Any]) -> None:
        facts = ", ".join(f"{name}: {value}" for name, value in params.items())
        super().__init__(f"The server refused ({code}{', ' + facts if facts else ''}). {message}")
        self.status = status
        self.code = code
        self.params = params


class Unreachable(Complaint):
    """No answer came: the server is away, or the network."""


class Api:
    """One server. Use it as a context manager. Every call may raise `Complaint`."""

    def __init__(
        self, url: str, token: str | None = None, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.url = url.rstrip("/")
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        try:
            self._http = httpx.Client(
                base_url=self.url, headers=headers, timeout=_TIMEOUT_SECONDS, transport=transport
            )
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise Complaint(f"The address or the token cannot be used: {error}.") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connection go."""
        self._http.close()

    def call(self, method: str, path: str, body: object = None, **query: Any) -> dict[str, Any]:
        """One request below ``/api/v1``. Raises `Refusal` for an answer that is not 2xx."""
        try:
            answer = self._http.request(method, f"/api/v1{path}", json=body, params=query or None)
        except httpx.InvalidURL as error:
            raise Complaint(f"{self.url} is not an address: {error}.") from None
        except httpx.UnsupportedProtocol:
            raise Complaint(
                f"{self.url} is not an address such as http://127.0.0.1:8080."
            ) from None
        except httpx.TransportError as error:
            raise Unreachable(
                f"No server answers at {self.url} ({str(error) or type(error).__name__}). "
                "Start one with `sorteos serve`, or name another with --url."
            ) from None
        return _content(self.url, answer)

    def raffles(self) -> list[dict[str, Any]]:
        """Every raffle that this token may see, newest first."""
        found: list[dict[str, Any]] = []
        page = 1
        while True:
            answer = self.call("GET", "/raffles", page=page, page_size=_PAGE)
            found += answer["raffles"]
            if page >= answer["pagination"]["total_pages"]:
                return found
            page += 1

    def raffle(self, raffle_id: str) -> dict[str, Any]:
        """One raffle."""
        raffle: dict[str, Any] = self.call("GET", f"/raffles/{raffle_id}")["raffle"]
        return raffle

    def create(self, **terms: Any) -> dict[str, Any]:
        """A new raffle, as a draft."""
        raffle: dict[str, Any] = self.call("POST", "/raffles", terms)["raffle"]
        return raffle

    def steer(self, raffle_id: str, verb: str) -> dict[str, Any]:
        """Publish, pause, resume or close a raffle."""
        raffle: dict[str, Any] = self.call("POST", f"/raffles/{raffle_id}/{verb}")["raffle"]
        return raffle

    def guest(self) -> str:
        """A fresh guest's token."""
        token: str = self.call("POST", "/auth/guest", {})["token"]
        return token

    def find(self, text: str) -> dict[str, Any]:
        """The raffle that a person means: by id, by the start of its id, or by a piece of its title.

        Raises `Complaint` when there is none, or more than one.
        """
        try:
            return self.raffle(str(UUID(text)))
        except ValueError:
            pass
        return choose(text, self.raffles())


def choose(text: str, raffles: list[dict[str, Any]]) -> dict[str, Any]:
    """The one raffle that `text` names; see `Api.find`."""
    wanted = _plain(text.strip())
    titles = [r for r in raffles if _plain(r["title"]) == wanted]
    loose = [r for r in raffles if r["id"].startswith(wanted) or wanted in _plain(r["title"])]
    found = titles if len(titles) == 1 else loose
    if not wanted or not found:
        raise Complaint(f"No raffle is called {text!r}. `sorteos raffle list` shows them.")
    if len(found) > 1:
        named = "; ".join(f"{printable(r['title'])} ({r['id'][:8]})" for r in found[:_NAMED])
        more = "; and more" if len(found) > _NAMED else ""
        raise Complaint(
            f"{text!r} may be {len(found)} raffles: {named}{more}. Say which by its id."
        )
    return found[0]


def _plain(text: str) -> str:
    """Without case and accents: ``millon`` finds ``El gran Millón``."""
    letters = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _content(url: str, answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
        if answer.is_success and isinstance(content, dict):
            return content
        code, message, params = content["code"], content["message"], content["params"]
    except (ValueError, KeyError, TypeError):
        raise Complaint(
            f"What answers at {url} is not a sorteos server (HTTP {answer.status_code})."
        ) from None
    raise Refusal(answer.status_code, code, message, params)
