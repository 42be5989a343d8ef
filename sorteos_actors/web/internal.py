"""A node's own address, beside the shared one: for other nodes, and for a look at this node alone.

Nodes ask each other here when Redis cannot carry it. Only signed requests are decided, so that nobody
else can speak for a person; keep the port inside all the same. Operators ask for health and figures:
where several nodes share an address, the kernel or a balancer chooses who answers there.
"""

from __future__ import annotations

from typing import Final

import trio
from quart import Response, request
from quart_trio import QuartTrio

from sorteos_actors.cluster.courier import ADDRESSEE, PATH, SIGNATURE, is_signed
from sorteos_actors.cluster.envelopes import Told, Unreadable, pack, read_ask
from sorteos_actors.ports import Answer, Moved
from sorteos_actors.web.routes import health
from sorteos_actors.web.services import Services
from sorteos_actors.web.sockets import Sockets

MAX_BODY_BYTES: Final = 65_536


def create_internal_app(services: Services, sockets: Sockets, key: bytes) -> QuartTrio:
    """The internal interface: one call, and the node's health."""
    app = QuartTrio(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["BODY_TIMEOUT"] = 5
    app.register_blueprint(health.blueprint(services, sockets))

    @app.post(PATH)
    async def decide() -> Response:
        body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
        if not is_signed(key, body, request.headers.get(SIGNATURE, ""), services.clock.now()):
            return Response(b"", 403)
        if request.headers.get(ADDRESSEE, services.me.node) != services.me.node:
            return Response(b"", 410)  # It had this address before us, and is dead.
        try:
            ask = read_ask(body)
        except Unreadable:
            return Response(b"", 400)
        answered = trio.Event()
        answers: list[Answer | Moved] = []

        def take(answer: Answer | Moved) -> None:
            answers.append(answer)
            answered.set()

        services.registry.post(ask.raffle_id, ask.command, ask.who, take, ask.until)
        await answered.wait()
        told = pack(Told(ask.id, answers[0]))
        return Response(told, content_type="application/octet-stream")

    return app
