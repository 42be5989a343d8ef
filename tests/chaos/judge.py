"""What must hold after healing. Generous in time, strict in everything else."""

from __future__ import annotations

import json
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID, uuid4

import msgspec
import trio

from sorteos_actors.testing.durable import DatabaseState, check_durable, name_picks
from sorteos_actors.testing.linearizable import check_linearizable
from tests.chaos.buyers import Market
from tests.chaos.cluster import Node
from tests.chaos.database import Database, board_of
from tests.chaos.doors import Answer, Asked, Lost, Person, socket_door
from tests.chaos.viewers import Viewer

ACCEPT_SECONDS: Final = 45.0
RELEASE_SECONDS: Final = 45.0
AGREE_SECONDS: Final = 45.0
_STRANGE: Final = ("Traceback", '"exception"', '"CRITICAL"')
"""In a line of a node's log: something broke that nobody had foreseen."""


class Violation(msgspec.Struct, frozen=True):
    """Something that must not be."""

    kind: str
    text: str


async def judge_life(markets: Sequence[Market], nodes: Sequence[Node]) -> list[Violation]:
    """Every raffle accepts a reservation through every node, within `ACCEPT_SECONDS`."""
    found: list[Violation] = []

    async def try_out(market: Market, node: Node) -> None:
        begin = trio.current_time()
        why = "no answer"
        with trio.move_on_after(ACCEPT_SECONDS):
            while True:
                answer = await _reserve_and_cancel(market, node)
                if isinstance(answer, str):
                    why = answer
                    await trio.sleep(0.1)
                else:
                    return
        took = trio.current_time() - begin
        found.append(
            Violation(
                "not_accepting",
                f"raffle {market.raffle_id} through {node.name}: {why}, for {took:.1f} s",
            )
        )

    async with trio.open_nursery() as nursery:
        for market in markets:
            for node in nodes:
                nursery.start_soon(try_out, market, node)
    return found


async def _reserve_and_cancel(market: Market, node: Node) -> str | None:
    """None when both were done, else why not. Recorded as everything else."""
    person = Person.of(uuid4(), int(time.time()))
    reservation_id = uuid4()

    async def ask(door: object, asked: Asked) -> Answer:
        index = market.recorder.begin("judge", asked.kind, reservation_id, take=asked.take)
        try:
            answer: Answer = await door.say(asked)  # type: ignore[attr-defined]
        except BaseException:
            market.recorder.end_unknown(index)
            raise
        market.recorder.end_reply(index, answer)
        return answer

    number = random.randrange(market.number_count)
    try:
        async with socket_door(node.url, market.raffle_id, person, market.width) as door:
            answer = await ask(door, Asked("reserve", reservation_id, take=(number,)))
            if "error" not in answer:
                answer = await ask(door, Asked("cancel", reservation_id))
    except Lost as lost:
        return str(lost)
    return json.dumps(answer["error"]) if "error" in answer else None


async def judge_deadlines(markets: Sequence[Market], database: Database) -> list[Violation]:
    """Every hold that is overdue gets released."""
    found = []
    give_up = trio.current_time() + RELEASE_SECONDS
    for market in markets:
        while count := await database.overdue(market.raffle_id, 2.0):
            if trio.current_time() > give_up:
                text = f"raffle {market.raffle_id}: {count} holds are overdue and not released"
                found.append(Violation("not_released", text))
                break
            await trio.sleep(0.2)
    return found


async def judge_viewers(
    viewers: Sequence[Viewer], markets: Sequence[Market], database: Database
) -> list[Violation]:
    """Every viewer ends with the board of the database. Nobody may be trading any more."""
    found = []
    for viewer in viewers:
        if viewer.complaint is not None:
            found.append(Violation("viewer_gave_up", f"{viewer.place}: {viewer.complaint}"))
        if viewer.went_back is not None and viewer.place != "proxy":
            found.append(Violation("viewer_went_back", f"{viewer.place}: {viewer.went_back}"))
    give_up = trio.current_time() + AGREE_SECONDS
    counts = {market.raffle_id: market.number_count for market in markets}
    while True:
        boards: dict[UUID, bytes] = {}
        positions: dict[UUID, tuple[int, int]] = {}
        for raffle_id, count in counts.items():
            state = await database.state(raffle_id)
            boards[raffle_id] = board_of(state, count)
            positions[raffle_id] = (state.epoch, state.seq)
        await trio.sleep(0.5)
        differing = [v for v in viewers if v.cells != boards[v.raffle_id]]
        if not differing:
            return found
        if trio.current_time() > give_up:
            break
    for viewer in differing:
        board = boards[viewer.raffle_id]
        numbers = [n for n, cell in enumerate(viewer.cells) if board[n : n + 1] != bytes([cell])]
        text = (
            f"raffle {viewer.raffle_id} at {viewer.place}: shows {viewer.position}, the database "
            f"is at {positions[viewer.raffle_id]}; {len(numbers)} numbers differ: {numbers[:10]}; "
            f"{viewer.connections} connections, {len(viewer.cells)} cells"
        )
        found.append(Violation("viewer_differs", text))
    return found


def judge_history(market: Market, state: DatabaseState) -> list[Violation]:
    """Linearizable for each number; every acknowledgement durable; the journal tells the tables."""
    history = name_picks(market.recorder.operations(), state)
    verdict = check_linearizable(history)
    found = [Violation("not_linearizable", violation.text) for violation in verdict.violations]
    found += [Violation("undecided", f"number {number}") for number in verdict.undecided]
    found += [Violation(f.kind, f.text) for f in check_durable(history, state)]
    return [msgspec.structs.replace(v, text=f"raffle {market.raffle_id}: {v.text}") for v in found]


def judge_logs(nodes: Iterable[Node]) -> list[Violation]:
    """No node has met an error that nobody foresaw, since this was asked last."""
    found = []
    for node in nodes:
        kinds: dict[str, list[str]] = defaultdict(list)
        for record in _records(node.new_log()):
            if any(word in record for word in _STRANGE):
                kinds[record[-80:]].append(record)
        for lines in kinds.values():
            text = f"{node.name}, {len(lines)} times: {lines[0][-4000:]}"
            found.append(Violation("error_in_log", text))
        found += [Violation("node_ended", surprise) for surprise in node.surprises]
        node.surprises.clear()
    return found


def _records(log: str) -> list[str]:
    """Each JSON line, and whatever stands between two of them: what did not come from the logger."""
    return re.split(r"\n(?={)|(?<=})\n", log)
