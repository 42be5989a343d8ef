"""The HTTP application: what every answer has in common. The routes are in `routes/`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import trio
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope
from quart import Response, g, request
from quart_trio import QuartTrio
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    RequestEntityTooLarge,
    RequestTimeout,
)

from sorteos_actors import metrics
from sorteos_actors.errors import StoreUnavailable
from sorteos_actors.protocol.decode import BadMessage
from sorteos_actors.raffle import RejectionCode
from sorteos_actors.web import origin, static_files
from sorteos_actors.web.addresses import budget_key, client_address
from sorteos_actors.web.answers import Refused, problem_response
from sorteos_actors.web.bodies import MAX_BODY_BYTES, WEBHOOKS, SizedRequest
from sorteos_actors.web.limits import Budgets
from sorteos_actors.web.routes import (
    accounts,
    health,
    money_cases,
    pages,
    payment_desk,
    payments,
    raffles,
    reservations,
    tickets,
    webhooks,
)
from sorteos_actors.web.services import Services
from sorteos_actors.web.sockets import Sockets
from sorteos_actors.web.static_files import StaticFile
from sorteos_actors.web.upgrade import SOCKET_PATH

logger = logging.getLogger(__name__)

_BY_HTTP_STATUS: Final = {
    400: RejectionCode.BAD_REQUEST,
    401: RejectionCode.UNAUTHENTICATED,
    403: RejectionCode.FORBIDDEN,
    404: RejectionCode.NOT_FOUND,
    405: RejectionCode.BAD_REQUEST,
    413: RejectionCode.PAYLOAD_TOO_LARGE,
}


def create_app(
    services: Services, sockets: Sockets, client: Path = static_files.FOLDER
) -> QuartTrio:
    """All of the HTTP contract, and the browser client if there is a build of it in `client`."""
    app = QuartTrio(__name__, static_folder=None)
    app.request_class = SizedRequest
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["BODY_TIMEOUT"] = 20
    app.config["PROPAGATE_EXCEPTIONS"] = False
    for routes in (
        *(accounts, raffles, reservations, health),
        *(payments, payment_desk, money_cases, tickets, webhooks),
    ):
        app.register_blueprint(routes.blueprint(services, sockets))
    files = static_files.read(client)
    app.register_blueprint(pages.blueprint(files, cards=services.settings.cards))
    _guard(app, services)
    _refusals(app, files)
    return app


def _guard(app: QuartTrio, services: Services) -> None:
    budgets = Budgets(services.settings.limits.address_requests)

    @app.before_request
    async def admit() -> Response | None:
        g.address_key = budget_key(
            client_address(
                request.remote_addr or "",
                # All of them: a proxy may add a line of its own behind one that was forged.
                ", ".join(request.headers.getlist("X-Forwarded-For")),
                services.settings.trusted_proxies,
            )
        )
        if request.content_length or "Transfer-Encoding" in request.headers:
            # Whatever the answer will be: a body that nobody read ends the connection with it.
            await request.get_data(cache=True, as_text=False, parse_form_data=False)
        if request.method == "OPTIONS":
            return Response(b"", status=204)
        if request.path.startswith("/api/") and not request.path.startswith(WEBHOOKS):
            wait = budgets.take(g.address_key, trio.current_time())
            if wait:
                raise Refused(RejectionCode.RATE_LIMITED, {"retry_after_ms": int(wait * 1000) + 1})
        return None

    @app.after_request
    async def headers(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Content-Security-Policy", "default-src 'none'")
        _cors(response, services)
        metrics.HTTP_REQUESTS.labels(request.method, str(response.status_code)).inc()
        return response


def _cors(response: Response, services: Services) -> None:
    response.headers.add("Vary", "Origin")
    asking = request.headers.get("Origin")
    if asking is None or not origin.is_allowed(
        asking, request.headers.get("Host"), services.settings.cors_origins, browser=True
    ):
        return
    response.headers["Access-Control-Allow-Origin"] = asking
    response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, DELETE, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = (
            "Authorization, Content-Type, Idempotency-Key, If-None-Match"
        )
        response.headers["Access-Control-Max-Age"] = "600"


def _refusals(app: QuartTrio, files: Mapping[str, StaticFile]) -> None:
    @app.errorhandler(Refused)
    async def refused(error: Refused) -> Response:
        return problem_response(error.rejection)

    @app.errorhandler(BadMessage)
    async def bad_body(error: BadMessage) -> Response:
        return problem_response(
            Refused(RejectionCode.BAD_REQUEST, {"reason": error.reason}).rejection
        )

    @app.errorhandler(StoreUnavailable)
    async def unavailable(_: StoreUnavailable) -> Response:
        return problem_response(
            Refused(RejectionCode.UNAVAILABLE, {"retry_after_ms": 1000}).rejection
        )

    @app.errorhandler(HTTPException)
    async def http(error: HTTPException) -> Response:
        status = error.code or 500
        if status == 404 and (page := await pages.not_found(files)) is not None:
            return page
        if isinstance(error, RequestEntityTooLarge):
            status = 413
        code = _BY_HTTP_STATUS.get(status)
        if code is None:
            return problem_response(Refused(RejectionCode.BAD_REQUEST).rejection, status=status)
        response = problem_response(Refused(code).rejection, status=status)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        if isinstance(error, RequestEntityTooLarge | RequestTimeout):
            response.headers["Connection"] = "close"  # The rest of the body is never read.
        return response

    @app.errorhandler(Exception)
    async def crashed(error: Exception) -> Response:
        logger.error("a request failed: %s %s", request.method, request.path, exc_info=error)
        return problem_response(
            Refused(RejectionCode.UNAVAILABLE, {"retry_after_ms": 1000}).rejection
        )


class Traffic:
    """Counts the requests that are being answered, and stands between server and application.

    It refuses upgrades, which come too late on a connection that spoke HTTP; and it lets the end of
    an answer reach the connection. The server tells the application of a disconnect *while* it
    takes the last piece; the application then cancels the task that is giving it, and a connection
    that was to be closed would stay open, deaf.
    """

    def __init__(self) -> None:
        self._under_way = 0
        self._none = trio.Event()
        self._none.set()

    async def wait_none(self) -> None:
        """Until nothing is being answered."""
        await self._none.wait()

    def begin(self) -> None:
        """Something is to be answered."""
        if not self._under_way:
            self._none = trio.Event()
        self._under_way += 1

    def end(self) -> None:
        """It was."""
        self._under_way -= 1
        if not self._under_way:
            self._none.set()

    def counting(self, app: Any) -> Any:
        """The application, with this around it."""

        async def counted(
            scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
        ) -> None:
            if scope["type"] == "lifespan":
                await app(scope, receive, send)
                return
            self.begin()
            try:
                if scope["type"] == "websocket":
                    await _refuse_upgrade(scope["path"], receive, send)
                else:
                    await app(scope, receive, _uncancelled(send))
            finally:
                self.end()

        return counted


async def _refuse_upgrade(path: str, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """421 for a socket's path, which needs a connection of its own, and 404 for any other."""
    await receive()
    await send(
        {
            "type": "websocket.http.response.start",
            "status": 421 if SOCKET_PATH.match(path) else 404,
            "headers": [(b"connection", b"close"), (b"content-length", b"0")],
        }
    )
    await send({"type": "websocket.http.response.body", "body": b"", "more_body": False})


def _uncancelled(send: ASGISendCallable) -> ASGISendCallable:
    async def deliver(message: ASGISendEvent) -> None:
        with trio.CancelScope(shield=True):  # What it waits for is the server's own, and bounded.
            await send(message)

    return deliver
