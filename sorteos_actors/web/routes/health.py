"""What operators and orchestrators ask: alive, ready, how busy, which version."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from quart import Blueprint, Response

from sorteos_actors.web.answers import json_response
from sorteos_actors.web.services import Services
from sorteos_actors.web.sockets import Sockets

FRESH_SECONDS: Final = 3.0
"""PostgreSQL answers at least the sweeper, about once a second."""


def blueprint(services: Services, sockets: Sockets) -> Blueprint:
    """The routes outside of the API."""
    routes = Blueprint("health", __name__)

    @routes.get("/livez")
    async def live() -> Response:
        """The loop turns, or this would not be answered."""
        return json_response({"status": "ok"})

    @routes.get("/readyz")
    @routes.get("/health")
    async def ready() -> Response:
        """Whether this node can commit and wants new work."""
        store_ok = services.outage.seconds_since_answer < FRESH_SECONDS
        healthy = (
            store_ok and not services.is_draining() and not (services.registry.is_in_crash_storm)
        )
        report = {
            "status": "ok" if healthy else "unavailable",
            "node": services.me.node,
            "url": services.me.url,
            "postgres": "up" if store_ok else "down",
            "redis": services.redis_state(),
            "draining": services.is_draining(),
            "crash_storm": services.registry.is_in_crash_storm,
            "raffles": services.registry.active_count,
            "sockets": len(sockets),
        }
        return json_response(report, 200 if healthy else 503)

    @routes.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    @routes.get("/version")
    async def show_version() -> Response:
        return json_response({"name": "sorteos-actors", "version": package_version()})

    return routes


def package_version() -> str:
    """The installed version; from a bare checkout, the one in the making."""
    try:
        return version("sorteos-actors")
    except PackageNotFoundError:
        return "0.1.0"
