"""``/webhooks``: what companies send. Nobody has a token here; a message proves itself or is refused."""

from __future__ import annotations

import trio
from quart import Blueprint, Response, g, request

from sorteos_actors import metrics
from sorteos_actors.errors import ForgedWebhook, ProviderUnavailable
from sorteos_actors.raffle import RejectionCode
from sorteos_actors.web.answers import Refused, json_response
from sorteos_actors.web.limits import Budgets
from sorteos_actors.web.services import Services
from sorteos_actors.web.sockets import Sockets


def blueprint(services: Services, _: Sockets) -> Blueprint:
    """The one route of this noun."""
    routes = Blueprint("webhooks", __name__, url_prefix="/api/v1")
    budgets = Budgets(services.settings.limits.address_webhooks)

    @routes.post("/webhooks/<provider>")
    async def receive(provider: str) -> Response:
        """Durable before it is acknowledged; whatever is not, its sender sends again."""
        wait = budgets.take(g.address_key, trio.current_time())
        if wait:
            raise Refused(RejectionCode.RATE_LIMITED, {"retry_after_ms": int(wait * 1000) + 1})
        inbox = services.money.inbox
        if not inbox.knows(provider):
            raise Refused(RejectionCode.NOT_FOUND)
        body = await request.get_data(cache=True, as_text=False, parse_form_data=False)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            await inbox.take(provider, headers, body)
        except ForgedWebhook:
            metrics.WEBHOOKS.labels(provider, "forged").inc()
            raise Refused(RejectionCode.BAD_REQUEST, {"reason": "not a genuine message"}) from None
        except ProviderUnavailable:
            metrics.WEBHOOKS.labels(provider, "unjudged").inc()
            raise Refused(RejectionCode.UNAVAILABLE, {"retry_after_ms": 5000}) from None
        metrics.WEBHOOKS.labels(provider, "kept").inc()
        return json_response({"received": True})

    return routes
