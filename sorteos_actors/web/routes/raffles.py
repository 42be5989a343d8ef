"""``/raffles``: list, create, steer, look at the board."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from typing import Final
from uuid import UUID

from quart import Blueprint, Response, request

from sorteos_actors.actors.feed import Feed
from sorteos_actors.protocol import messages
from sorteos_actors.protocol.messages import raffle_view
from sorteos_actors.raffle import (
    Command,
    RaffleStatus,
    RaffleSummary,
    RaffleTerms,
    Rejection,
    RejectionCode,
    commands,
)
from sorteos_actors.raffle.model import STATE_NAMES
from sorteos_actors.web.answers import (
    Refused,
    body,
    identity,
    identity_or_none,
    instant,
    json_response,
    problem_response,
    shown_reservation,
    uuid_or_404,
    whole_number,
)
from sorteos_actors.web.auth import Identity, Role, may_see
from sorteos_actors.web.services import Services
from sorteos_actors.web.sockets import Sockets
from sorteos_actors.web.visibility import may_see_now

MAX_LISTED_NUMBERS: Final = 10_000
_PUBLIC: Final = tuple(s for s in RaffleStatus if s is not RaffleStatus.DRAFT)
_STEERING: Final[dict[str, Callable[[UUID], Command]]] = {
    "publish": commands.PublishRaffle,
    "pause": commands.PauseRaffle,
    "resume": commands.ResumeRaffle,
    "close": commands.CloseRaffle,
}


def blueprint(services: Services, _: Sockets) -> Blueprint:
    """The routes of this noun."""
    routes = Blueprint("raffles", __name__, url_prefix="/api/v1/raffles")

    async def feed_of(text: str) -> Feed:
        feed = await services.registry.feed(uuid_or_404(text))
        if isinstance(feed, Rejection):
            raise Refused(feed.code, feed.params)
        if not await may_see_now(services, identity_or_none(services), feed):
            raise Refused(RejectionCode.NOT_FOUND)
        return feed

    async def summary_of(text: str) -> RaffleSummary:
        """From memory when the raffle runs here; looking at one does not wake it."""
        key = uuid_or_404(text)
        feed = services.registry.live_feed(key)
        summary = await services.queries.raffle(key) if feed is None else feed.summary
        if summary is None or not may_see(identity_or_none(services), summary):
            raise Refused(RejectionCode.NOT_FOUND)
        return summary

    async def must_exist(key: UUID, asker: Identity) -> RaffleSummary:
        summary = await services.queries.raffle(key)
        if summary is None or not may_see(asker, summary):
            raise Refused(RejectionCode.NOT_FOUND)
        return summary

    @routes.get("")
    async def list_raffles() -> Response:
        asker = identity_or_none(services)
        page = whole_number("page", 1, 1, 1_000_000)
        page_size = whole_number("page_size", 20, 1, 100)
        mine = request.args.get("mine") == "true"
        found, total = await services.queries.raffles(
            statuses=() if mine else _PUBLIC,
            organizer_id=asker.user_id if asker is not None and asker.may_organize else None,
            limit=page_size,
            offset=(page - 1) * page_size,
        )
        paging = {
            "page": page,
            "page_size": page_size,
            "total": total,
            "total_pages": -(-total // page_size),
        }
        return json_response({"raffles": [raffle_view(s) for s in found], "pagination": paging})

    @routes.post("")
    async def create() -> Response:
        asker = identity(services)
        if not asker.may_organize:
            raise Refused(RejectionCode.FORBIDDEN)
        terms = terms_of(await body(messages.RaffleBody), asker.user_id, services)
        await services.store.create(terms, status=RaffleStatus.DRAFT)
        summary = await services.queries.raffle(terms.id)
        assert summary is not None
        return json_response({"raffle": raffle_view(summary)}, 201)

    @routes.post("/<raffle_id>/<any(publish, pause, resume, close):verb>")
    async def steer(raffle_id: str, verb: str) -> Response:
        asker, key = identity(services), uuid_or_404(raffle_id)
        summary = await must_exist(key, asker)
        if not asker.may_manage(summary.terms.organizer_id):
            raise Refused(RejectionCode.FORBIDDEN)
        answer = await services.registry.call(key, _STEERING[verb](asker.user_id), asker.user_id)
        if isinstance(answer, Rejection):
            return problem_response(answer)
        # From PostgreSQL: the raffle may run on another node, whose news are on their way to us.
        return json_response({"raffle": raffle_view(await must_exist(key, asker))})

    @routes.get("/<raffle_id>")
    async def show(raffle_id: str) -> Response:
        summary = await summary_of(raffle_id)
        answer: dict[str, object] = {"raffle": raffle_view(summary)}
        if request.args.get("include_numbers") == "true":
            if summary.terms.number_count > MAX_LISTED_NUMBERS:
                refused = Rejection(RejectionCode.TOO_MANY_NUMBERS, {"limit": MAX_LISTED_NUMBERS})
                return problem_response(refused, status=400)
            feed = await feed_of(raffle_id)
            answer = {
                "raffle": raffle_view(feed.summary),
                "numbers": _numbers(feed.summary, feed),
            }
        return json_response(answer)

    @routes.get("/<raffle_id>/board")
    async def board(raffle_id: str) -> Response:
        feed = await feed_of(raffle_id)
        position = f"{feed.summary.epoch}-{feed.summary.seq}"
        if request.if_none_match.contains_weak(position):
            response = Response(b"", status=304)
        else:
            response = Response(feed.board(), content_type="application/octet-stream")
            if request.accept_encodings.quality("gzip") > 0:
                response.set_data(gzip.compress(feed.board(), 1))
                response.headers["Content-Encoding"] = "gzip"
        # Weak: the same board, whether it travels compressed or not.
        response.set_etag(position, weak=True)
        response.headers["Cache-Control"] = "no-cache"
        response.headers.add("Vary", "Accept-Encoding")
        return response

    @routes.get("/<raffle_id>/my-reservation")
    async def my_reservation(raffle_id: str) -> Response:
        asker, key = identity(services), uuid_or_404(raffle_id)
        record = await services.queries.live_reservation(key, asker.user_id)
        if record is None:
            await must_exist(key, asker)
            return json_response({"reservation": None})
        view = shown_reservation(record.terms, record.reservation, services)
        return json_response({"reservation": view})

    @routes.get("/<raffle_id>/ws/stats")
    async def stats(raffle_id: str) -> Response:
        asker = identity(services)
        if asker.role is not Role.ADMIN:
            raise Refused(RejectionCode.FORBIDDEN)
        await must_exist(uuid_or_404(raffle_id), asker)
        by_node = await services.registry.connections_by_node()
        counts: Counter[UUID] = Counter()
        for connections in by_node.values():
            counts.update(connections)
        return json_response(
            {
                "total_connections": counts.total(),
                "connections_by_raffle": {str(k): v for k, v in counts.items()},
                "nodes": len(by_node),
            }
        )

    @routes.get("/<raffle_id>/ws")
    async def needs_upgrade(raffle_id: str) -> Response:
        uuid_or_404(raffle_id)
        refused = Rejection(RejectionCode.BAD_REQUEST, {"reason": "this address is a WebSocket"})
        response = problem_response(refused, status=426)
        response.headers["Upgrade"] = "websocket"
        return response

    return routes


def terms_of(asked: messages.RaffleBody, organizer_id: UUID, services: Services) -> RaffleTerms:
    """The terms of a new raffle, with this server's defaults where the organizer is silent."""
    settings = services.settings
    return RaffleTerms(
        id=services.ids.uuid(),
        organizer_id=organizer_id,
        title=asked.title,
        description=asked.description or "",
        number_count=asked.number_count,
        price=asked.price,
        currency=asked.currency,
        selection_ms=(asked.selection_seconds or settings.selection_seconds) * 1000,
        checkout_ms=(asked.checkout_seconds or settings.checkout_seconds) * 1000,
        max_numbers_per_user=asked.max_numbers_per_user or settings.max_numbers_per_user,
        sales_close_at=instant("sales_close_at", asked.sales_close_at),
        draw_at=instant("draw_at", asked.draw_at),
    )


def _numbers(summary: RaffleSummary, feed: Feed) -> list[dict[str, str]]:
    """Every number with its state, for small raffles; `id` and `number` are the printed one."""
    label = summary.terms.label
    numbers = []
    for number, state in enumerate(feed.states()):
        printed = label(number)
        numbers.append({"id": printed, "number": printed, "status": STATE_NAMES[state]})
    return numbers
