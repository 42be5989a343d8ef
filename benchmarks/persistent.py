"""Somebody who wants an answer: a command on a raffle, repeated until it succeeds."""

from __future__ import annotations

import time
from uuid import UUID, uuid4

import trio
from trio_websocket import ConnectionClosed, HandshakeError

from benchmarks.servers import Server
from sorteos_actors.terminal.client import RaffleClient, open_client
from sorteos_actors.web.auth import Role

LONGEST_SECONDS = 20.0


def token_of(server: Server, user_id: UUID) -> str:
    """A token of this person."""
    return server.tokens.issue(user_id, Role.USER, now=int(time.time()), seconds=3600)[0]


async def until_it_answers(server: Server, raffle_id: UUID) -> float:
    """Trio's clock when a reservation through this node first succeeds. Raises `TooSlowError`."""
    with trio.fail_after(LONGEST_SECONDS):
        async with open_client(
            f"http://127.0.0.1:{server.port}", raffle_id, token_of(server, uuid4())
        ) as client:
            reservation_id = str(uuid4())
            while True:
                answer = await client.request("quick_pick", reservation_id=reservation_id, count=1)
                if answer["ok"]:
                    return trio.current_time()
                await trio.sleep(0.02)


async def keep_asking(
    server: Server, raffle_id: UUID, answered: list[float], stop: trio.Event
) -> None:
    """Reserve and cancel in turn, and note when each answer that was a success came."""
    try:
        async with open_client(
            f"http://127.0.0.1:{server.port}", raffle_id, token_of(server, uuid4())
        ) as client:
            while not stop.is_set():
                await _once(client, answered)
    except (ConnectionClosed, HandshakeError) as error:
        raise RuntimeError("the node that stays has ended a connection") from error


async def _once(client: RaffleClient, answered: list[float]) -> None:
    reservation_id = str(uuid4())
    for kind, fields in (("quick_pick", {"count": 1}), ("cancel", {})):
        answer = await client.request(kind, reservation_id=reservation_id, **fields)
        if answer["ok"]:
            answered.append(trio.current_time())
        await trio.sleep(0.002)
