"""The browser client: its one page at every address that it knows, and its files.

Programs that ask for ``/`` get JSON, as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from quart import Blueprint, Response, request

from sorteos_actors.web.answers import json_response
from sorteos_actors.web.page_headers import ORDINARY, WITH_CARDS
from sorteos_actors.web.routes.health import package_version
from sorteos_actors.web.static_files import ASSETS, PAGE, StaticFile

NAME: Final = "pages"
CHECKOUT: Final = "/checkout/<reservation_id>"
ADDRESSES: Final = ("/r/<raffle_id>", CHECKOUT, "/boleto/<code>", "/mis-numeros", "/organizar")
"""Where the client's router shows something, besides ``/``."""
NOT_BUILT: Final = "not built: run `npm ci && npm run build` in frontend/"


def blueprint(files: Mapping[str, StaticFile], *, cards: bool) -> Blueprint:
    """The routes of a build, one for each address and file; of none, the JSON of ``/`` alone.

    `cards`: at the checkout's address the page may load Stripe's fields. A browser keeps the policy
    that came with a page for as long as the page is open, so the client loads that address anew.
    """
    routes = Blueprint(NAME, __name__)
    page = files.get(PAGE)

    @routes.get("/")
    async def index() -> Response:
        """Where to go from here."""
        wants_page = _is_for_a_person() or _is_for_the_clients_worker()
        response = await _send(page) if page is not None and wants_page else _directory(page)
        response.headers.add("Vary", "Accept, Sec-Fetch-Site")
        return response

    async def show(file: StaticFile, headers: Mapping[str, str] = ORDINARY, **_: str) -> Response:
        """Whatever the address names: the client looks it up, and says so when it is not there."""
        return await _send(file, headers=headers)

    if page is not None:
        for number, address in enumerate(ADDRESSES):
            headers = WITH_CARDS if cards and address == CHECKOUT else ORDINARY
            routes.add_url_rule(address, f"address_{number}", partial(show, page, headers))
    for number, (path, file) in enumerate(files.items()):
        routes.add_url_rule(path, f"file_{number}", partial(show, file))
    return routes


async def not_found(files: Mapping[str, StaticFile]) -> Response | None:
    """The client's page with 404, for a person who asked for an address that nobody has.

    None when the answer is for a program, or when nothing is built.
    """
    page = files.get(PAGE)
    is_a_page = request.method in ("GET", "HEAD") and not f"{request.path}/".startswith(
        ("/api/", ASSETS)
    )
    return await _send(page, 404) if page and is_a_page and _is_for_a_person() else None


def _is_for_a_person() -> bool:
    """Whether a page is preferred to data. Programs say ``*/*`` or nothing, and mean data."""
    accepted = request.accept_mimetypes
    return accepted.quality("text/html") > accepted.quality("application/json")


def _is_for_the_clients_worker() -> bool:
    """Whether a browser asks, with no preference: the service worker, which keeps the page."""
    accepted = request.accept_mimetypes
    is_open = accepted.quality("text/html") == accepted.quality("application/json") > 0
    return is_open and "Sec-Fetch-Site" in request.headers


def _directory(page: StaticFile | None) -> Response:
    return json_response(
        {
            "name": "sorteos-actors",
            "version": package_version(),
            "page": "/" if page is not None else NOT_BUILT,
            "raffles": "/api/v1/raffles",
            "health": "/readyz",
            "metrics": "/metrics",
        }
    )


async def _send(
    file: StaticFile, status: int = 200, *, headers: Mapping[str, str] = ORDINARY
) -> Response:
    """A file, or 304 when the client has it already. What is an error is never kept."""
    coding = file.coding_for(request.accept_encodings)
    is_known = status == 200 and request.if_none_match.contains_weak(file.etag)
    if is_known:
        response = Response(b"", 304)
    else:
        response = Response(await file.body(coding), status, content_type=file.content_type)
        if coding is not None:
            response.headers["Content-Encoding"] = coding
    if status == 200:
        response.set_etag(file.etag, weak=True)
        response.headers["Cache-Control"] = file.cache_control
    response.headers.update(headers)
    if file.is_compressible:
        response.headers.add("Vary", "Accept-Encoding")
    return response
