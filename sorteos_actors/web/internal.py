"""What nodes ask of each other by HTTP when Redis cannot carry it. On a listener of its own.

Only signed requests are answered, so that nobody else can speak for a person; keep the port inside
all the same.
"""

from __future__ import annotations

from typing import Final

import trio
from quart import Response, request
from quart_trio import QuartTrio

from sorteos_actors.cluster.courier import PATH, SIGNATURE, is_signed
from sorteos_actors.cluster.envelopes import Told, Unreadable, pack, read_ask
from sorteos_actors.cluster.peers import Here
from sorteos_actors.ports import Answer, Clock, Moved

MAX_BODY_BYTES: Final = 65_536


def create_internal_app(here: Here, key: bytes, clock: Clock) -> QuartTrio:
    """The internal interface: one call."""
    app = QuartTrio(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["BODY_TIMEOUT"] = 5

    @app.post(PATH)
    async def decide() -> Response:
        body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
        if not is_signed(key, body, request.headers.get(SIGNATURE, ""), clock.now()):
            return Response(b"", 403)
        try:
            ask = read_ask(body)
        except Unreadable:
            return Response(b"", 400)
        answered = trio.Event()
        answers: list[Answer | Moved] = []

        def take(answer: Answer | Moved) -> None:
            answers.append(answer)
            answered.set()

        here.post(ask.raffle_id, ask.command, ask.who, take)
        await answered.wait()
        told = pack(Told(ask.id, answers[0]))
        return Response(told, content_type="application/octet-stream")

    return app
