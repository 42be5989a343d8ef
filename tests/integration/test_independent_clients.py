"""Other people's clients against the real server: the seed's, and one that reads slowly and pings."""

from __future__ import annotations

import json
import socket
import time
from collections import Counter
from uuid import uuid4

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from sorteos_actors.protocol.board import BoardClient
from tests.integration.cluster import sockets
from tests.integration.server_process import ServerProcess
from tests.waiting import eventually


def open_socket(
    server: ServerProcess,
    raffle_id: object,
    *,
    modern: bool = True,
    narrow: bool = False,
    token: str | None = None,
) -> ClientConnection:
    """A connection of the `websockets` library; `narrow` gives it a tiny receive buffer."""
    sock = socket.socket()
    if narrow:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", server.port))
    url = f"ws://127.0.0.1:{server.port}/api/v1/raffles/{raffle_id}/ws"
    return connect(
        url,
        sock=sock,
        max_size=None,
        compression=None,
        subprotocols=[Subprotocol("sorteos.v2")] if modern else None,
        additional_headers=None if token is None else {"Authorization": f"Bearer {token}"},
    )


def reserve(
    server: ServerProcess, raffle_id: object, token: str, *labels: str
) -> dict[str, object]:
    answer = httpx.post(
        f"{server.url}/api/v1/reservations",
        json={"raffle_id": str(raffle_id), "number_ids": labels},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text
    reservation: dict[str, object] = answer.json()["reservation"]
    return reservation


def test_the_seeds_client_gets_the_seeds_messages(server: ServerProcess) -> None:
    raffle_id = server.create_raffle(100, selection_seconds=5)
    user = uuid4()
    token = server.token(user)
    with (
        open_socket(server, raffle_id, modern=False) as stranger,
        open_socket(server, raffle_id, modern=False, token=token) as owner,
    ):
        eventually(lambda: sockets(server, raffle_id) == 2)
        made = reserve(server, raffle_id, token, "07")
        seen: dict[str, object] = {
            "type": "number_update",
            "raffle_id": str(raffle_id),
            "data": {"number_id": "07", "status": "reserved"},
        }
        assert json.loads(stranger.recv(timeout=60)) == seen
        mine = [json.loads(owner.recv(timeout=60)) for _ in range(3)]
        assert {m["type"] for m in mine} == {"number_update", "reservation_created"}
        with_name = [m for m in mine if m["type"] == "number_update" and "user_id" in m["data"]]
        assert [m["data"]["user_id"] for m in with_name] == [str(user)]
        expired = json.loads(stranger.recv(timeout=60))
        assert expired["type"] == "reservation_expired"
        assert expired["data"] == {"reservation_id": made["id"], "number_ids": ["07"]}
        freed = json.loads(stranger.recv(timeout=60))
        assert freed["data"] == {"number_id": "07", "status": "available"}
        assert str(user) not in json.dumps([seen, expired, freed])


def test_a_slow_reader_that_floods_pings_sees_no_torn_frame(server: ServerProcess) -> None:
    """Snapshots of a million numbers, pongs and replies, read through a straw by another library.

    It fails the connection at the first byte out of place; and every board must be the true one.
    """
    raffle_id = server.create_raffle(1_000_000)
    taken = [f"{n:06}" for n in range(0, 1_000_000, 111_111)]
    reserve(server, raffle_id, server.token(), *taken[:9])
    board = BoardClient()
    kinds: Counter[str] = Counter()
    with open_socket(server, raffle_id, narrow=True) as client:
        rounds = 40
        for turn in range(rounds):
            client.send(json.dumps({"type": "resume", "ref": turn, "epoch": 1, "seq": 0}))
            for index in range(25):
                client.ping(f"{turn}-{index}")
                client.send(json.dumps({"type": "ping", "ref": f"p{index}", "t0": turn}))
            time.sleep(0.02)
        done = 0
        while done < rounds * 26:
            message = client.recv(timeout=60)
            if isinstance(message, bytes):
                kinds["snapshot" if message[0] == 1 else "delta"] += 1
                board.receive(message)
            else:
                kinds[json.loads(message)["type"]] += 1
                done = kinds["pong"] + kinds["reply"]
        last = client.ping("the end")
        assert last.wait(timeout=60)
    assert kinds["pong"] == rounds * 25
    assert kinds["reply"] == rounds
    assert kinds["snapshot"] >= 32
    assert [n for n in range(0, 1_000_000, 111_111) if board.state(n) == 1] == [
        int(label) for label in taken[:9]
    ]
    assert board.counts()[1] == 9


def test_one_who_never_reads_is_closed_and_the_others_do_not_notice(server: ServerProcess) -> None:
    raffle_id = server.create_raffle(1_000_000)
    with (
        open_socket(server, raffle_id, narrow=True) as deaf,
        open_socket(server, raffle_id) as quick,
    ):
        ended = False
        for turn in range(60_000):
            try:
                deaf.send(json.dumps({"type": "ping", "ref": "r" * 60, "t0": turn}))
            except ConnectionClosed:
                ended = True
                break
        assert ended
        reserve(server, raffle_id, server.token(), "000001")
        board = BoardClient()
        while len(board.cells) < 1_000_000 or board.state(1) != 1:
            message = quick.recv(timeout=60)
            if isinstance(message, bytes):
                board.receive(message)
