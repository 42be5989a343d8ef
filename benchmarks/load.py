"""Load in two shapes. Closed: each buyer asks again as soon as the answer is there. Open: requests
come at a fixed rate, whatever the server does, and time counts from when a request was *due*, so a
server that stalls cannot hide it by slowing the buyers down.
"""

from __future__ import annotations

import re
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

import msgspec

from benchmarks.buyers import AUTH, COUNTED
from benchmarks.swarm import Swarm
from benchmarks.wire import TEXT

_REF: Final = b'"ref":"'
_REFUSED: Final = b'"ok":false'
_CODE: Final = re.compile(rb'"code":"(\w+)"')
_MOST_REFUSALS: Final = 100
_LAST_ANSWERS_SECONDS: Final = 5.0

NextRequest = Callable[[int], bytes | None]
"""What the buyer with this index says next; None when he has nothing more to say."""


class Load(msgspec.Struct):
    """What a load has done. Times in seconds."""

    seconds: float = 0.0
    latencies: list[float] = []
    acknowledged: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter)
    frames: int = 0

    @property
    def rate(self) -> float:
        """Counted answers a second."""
        return len(self.latencies) / self.seconds


class TooManyRefusals(Exception):
    """The server refuses what it should accept: the figures would mean nothing."""


def closed(swarm: Swarm, ask: NextRequest, seconds: float, warm_up: float = 0.5) -> Load:
    """Let every buyer ask, wait for the answer, and ask again.

    Counts for `seconds` after `warm_up`; then waits for the answers still on their way, so that
    `acknowledged` (warm-up included) can be compared with the database.
    """
    load = Load(latencies=[])
    asked_at = [0.0] * len(swarm.members)
    waiting = 0
    begin = time.perf_counter() + warm_up
    end = begin + seconds
    for member in swarm.members:
        request = ask(member.index)
        if request is not None:
            asked_at[member.index] = time.perf_counter()
            swarm.send(member.index, request)
            waiting += 1
    while waiting and time.perf_counter() < end + _LAST_ANSWERS_SECONDS:
        for member, frames in swarm.poll(0.1):
            for answer in answers(frames, load):
                now = time.perf_counter()
                waiting -= 1
                if answer == COUNTED and begin <= now < end:
                    load.latencies.append(now - asked_at[member.index])
                    load.seconds = now - begin
                request = ask(member.index) if now < end else None
                if request is not None:
                    asked_at[member.index] = now
                    swarm.send(member.index, request)
                    waiting += 1
    return load


def opened(swarm: Swarm, ask: NextRequest, rate: float, seconds: float) -> Load:
    """Ask `rate` times a second through whichever buyer is free; a request may wait for one."""
    load = Load(latencies=[], seconds=seconds)
    free = deque(range(len(swarm.members)))
    due_of: dict[int, float] = {}
    begin = time.perf_counter()
    total, asked = int(rate * seconds), 0
    give_up = begin + seconds + _LAST_ANSWERS_SECONDS
    while (asked < total or due_of) and time.perf_counter() < give_up:
        next_due = begin + asked / rate
        while asked < total and free and next_due <= time.perf_counter():
            index = free.popleft()
            request = ask(index)
            if request is None:
                total = asked
                break
            due_of[index] = next_due
            swarm.send(index, request)
            asked += 1
            next_due = begin + asked / rate
        pause = next_due - time.perf_counter() if asked < total and free else 0.05
        for member, frames in swarm.poll(pause):
            for _ in answers(frames, load):
                load.latencies.append(time.perf_counter() - due_of.pop(member.index))
                free.append(member.index)
    return load


def answers(frames: list[tuple[int, bytes]], load: Load) -> list[int]:
    """The refs of the answers among the frames; refusals are counted on the way."""
    found = []
    for opcode, payload in frames:
        load.frames += 1
        if opcode != TEXT or (at := payload.find(_REF)) < 0:
            continue
        ref = payload[at + len(_REF)]
        if _REFUSED in payload:
            code = _CODE.search(payload)
            load.refused[code[1].decode() if code else "?"] += 1
            if load.refused.total() > _MOST_REFUSALS:
                raise TooManyRefusals(str(dict(load.refused)))
            if ref != AUTH:
                found.append(0)
        elif ref != AUTH:
            load.acknowledged += ref == COUNTED
            found.append(ref)
    return found
