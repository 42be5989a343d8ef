"""What buyers say: requests of `sorteos.v2`, encoded and masked before the clock starts.

The `ref` tells the load generator what an answer is worth: ``r`` is counted, ``n`` only lets the
buyer go on, ``a`` (auth, sent in one write with what follows) is passed over.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from benchmarks.wire import masked_frame
from sorteos_actors.web.auth import Role, Tokens

COUNTED: Final = ord("r")
AUTH: Final = ord("a")
NUMBERS_EACH: Final = 2


def pairs(number_count: int, seed: int = 1) -> Iterator[tuple[int, int]]:
    """Every number of a raffle once, in pairs, in an order that looks like chance and repeats."""
    numbers = list(range(number_count))
    random.Random(seed).shuffle(numbers)
    for start in range(0, number_count - 1, NUMBERS_EACH):
        yield numbers[start], numbers[start + 1]


def fresh_uuid(source: random.Random) -> UUID:
    """A random UUID; ten thousands of them before a run, without asking the kernel for each."""
    return UUID(int=source.getrandbits(128), version=4)


def person(index: int) -> UUID:
    """The same person whenever asked for this index."""
    return fresh_uuid(random.Random(f"person {index}"))


def label(number: int, number_count: int) -> str:
    """The printed number, as in the contract."""
    return str(number).zfill(max(2, len(str(number_count - 1))))


def auth(tokens: Tokens, user_id: UUID) -> bytes:
    """Say who is asking."""
    token, _ = tokens.issue(user_id, Role.USER, now=int(time.time()), seconds=3600)
    return _message(f'{{"type":"auth","ref":"a","token":"{token}"}}')


def reserve(reservation_id: UUID, numbers: list[str], ref: str = "r") -> bytes:
    """Hold these numbers."""
    return _with_numbers("reserve", reservation_id, numbers, ref)


def add(reservation_id: UUID, numbers: list[str], ref: str = "r") -> bytes:
    """Hold these too."""
    return _with_numbers("add", reservation_id, numbers, ref)


def cancel(reservation_id: UUID, ref: str = "n") -> bytes:
    """Let everything go."""
    return _message(f'{{"type":"cancel","ref":"{ref}","reservation_id":"{reservation_id}"}}')


def newcomers(tokens: Tokens, number_count: int, most: int, seed: int) -> list[bytes]:
    """One request a person: who I am and the two numbers that I want, in one write."""
    source = random.Random(seed)
    requests: list[bytes] = []
    for first, second in pairs(number_count, seed):
        if len(requests) == most:
            break
        wanted = [label(first, number_count), label(second, number_count)]
        requests.append(auth(tokens, fresh_uuid(source)) + reserve(fresh_uuid(source), wanted))
    return requests


def regular(numbers: list[str], seed: int, *, adds: int) -> Iterator[bytes]:
    """One person who stays: reserve two, add two `adds` times, cancel, and again, for ever.

    Every command is counted. `numbers` are this person's own: nobody else asks for them.
    """
    source = random.Random(seed)
    while True:
        reservation_id = fresh_uuid(source)
        yield reserve(reservation_id, numbers[:NUMBERS_EACH])
        for start in range(NUMBERS_EACH, NUMBERS_EACH * (adds + 1), NUMBERS_EACH):
            yield add(reservation_id, numbers[start : start + NUMBERS_EACH])
        yield cancel(reservation_id, ref="r")


def undecided(numbers: list[str], seed: int) -> Iterator[bytes]:
    """One person who reserves and cancels in turn, for ever; only the reservations are counted."""
    source = random.Random(seed)
    while True:
        reservation_id = fresh_uuid(source)
        yield reserve(reservation_id, numbers)
        yield cancel(reservation_id)


def _with_numbers(kind: str, reservation_id: UUID, numbers: list[str], ref: str) -> bytes:
    listed = ",".join(f'"{number}"' for number in numbers)
    return _message(
        f'{{"type":"{kind}","ref":"{ref}","reservation_id":"{reservation_id}","numbers":[{listed}]}}'
    )


def _message(text: str) -> bytes:
    return masked_frame(text.encode("ascii"))
