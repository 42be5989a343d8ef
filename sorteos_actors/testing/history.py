"""What clients asked, when, and what they were told: the evidence that judges work on.

A client begins an operation before it sends a command, and ends it with the answer. An operation
without a definite answer (connection lost, `unavailable`, never ended) is *unknown*: it may have had
its effect at any time since, or never.

Times are `time.monotonic_ns`, which all processes of one machine share: histories of several
processes can be put together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from sorteos_actors.protocol.timestamps import parse_rfc3339
from sorteos_actors.raffle import Millis

Kind = Literal[
    "reserve",
    "quick_pick",
    "add",
    "remove",
    "swap",
    "cancel",
    "checkout",
    "extend",
    "review",
    "complete",
    "read",
]
"""The commands of ``sorteos.v2``, what the house does (review, complete), and just looking."""
Outcome = Literal["ok", "refused", "unknown"]

UNKNOWN_CODES: Final = frozenset({"unavailable"})
"""Refusals that do not say whether the command had its effect."""


class Operation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One command of one client, and what came of it."""

    client: str
    kind: Kind
    reservation_id: UUID
    invoked_at: int
    """Nanoseconds."""
    returned_at: int | None = None
    """None when the outcome is unknown."""
    outcome: Outcome = "unknown"
    take: tuple[int, ...] = ()
    """Numbers that were asked for. A quick pick names none."""
    give: tuple[int, ...] = ()
    """Numbers that were to be let go."""
    code: str = ""
    """Of a refusal."""
    taken: tuple[int, ...] = ()
    """What a refusal `numbers_taken` named: every number in the way."""
    phase: str = ""
    """Of the reservation, in the answer."""
    numbers: tuple[int, ...] | None = None
    """All numbers of the reservation, in the answer; None: the answer did not say."""
    expires_at: Millis | None = None
    """The promise, in PostgreSQL's time."""
    expires_in_ms: int | None = None
    """The promise, from some instant between `invoked_at` and `returned_at`."""

    def __post_init__(self) -> None:
        if (self.returned_at is None) != (self.outcome == "unknown"):
            raise ValueError(
                "an operation has a time of return if its outcome is known, and only then"
            )
        if self.returned_at is not None and self.returned_at < self.invoked_at:
            raise ValueError("an operation returns after it was invoked")

    def describe(self, origin: int) -> str:
        """One line for people; times are seconds since `origin`."""
        end = "…" if self.returned_at is None else f"{(self.returned_at - origin) / 1e9:.6f}"
        parts = [
            f"{(self.invoked_at - origin) / 1e9:.6f} to {end} s: {self.client} {self.kind}",
            f"of …{str(self.reservation_id)[-8:]}",
            _listed("takes", self.take),
            _listed("gives", self.give),
            f"→ {self.outcome}",
            self.code,
            _listed("taken", self.taken),
            self.phase,
            "" if self.numbers is None else _listed("has", self.numbers) or "has nothing",
            "" if self.expires_in_ms is None else f"for {self.expires_in_ms / 1000:.3f} s",
        ]
        return " ".join(part for part in parts if part)


class HistoryRecorder:
    """Records the operations of one process. For one thread; tasks of trio may share it."""

    def __init__(self, *, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock = clock
        self._operations: list[Operation] = []

    def begin(
        self,
        client: str,
        kind: Kind,
        reservation_id: UUID,
        *,
        take: Iterable[int] = (),
        give: Iterable[int] = (),
    ) -> int:
        """Call before anything is sent. Returns what the `end_…` methods want."""
        self._operations.append(
            Operation(
                client=client,
                kind=kind,
                reservation_id=reservation_id,
                take=tuple(take),
                give=tuple(give),
                invoked_at=self._clock(),
            )
        )
        return len(self._operations) - 1

    def end_reply(self, index: int, reply: Mapping[str, Any]) -> None:
        """End with a reply of ``sorteos.v2``, or with an answer of HTTP that has the same fields."""
        error = reply.get("error")
        if error is not None:
            taken = error["params"].get("numbers", ()) if error["code"] == "numbers_taken" else ()
            self.end_refused(index, error["code"], taken=map(int, taken))
            return
        reservation = reply["reservation"]
        if reservation is None:  # Done, and it spoke of none: a question about nothing.
            self.end_ok(index)
            return
        self.end_ok(
            index,
            phase=reservation["phase"],
            numbers=map(int, reservation["number_ids"]),
            expires_at=parse_rfc3339(reservation["expires_at"]),
            expires_in_ms=reservation["expires_in_ms"],
        )

    def end_ok(
        self,
        index: int,
        *,
        phase: str = "",
        numbers: Iterable[int] | None = None,
        expires_at: Millis | None = None,
        expires_in_ms: int | None = None,
    ) -> None:
        """It was done. Call as soon as the answer is here."""
        self._end(
            index,
            outcome="ok",
            returned_at=self._clock(),
            phase=phase,
            numbers=None if numbers is None else tuple(numbers),
            expires_at=expires_at,
            expires_in_ms=expires_in_ms,
        )

    def end_refused(self, index: int, code: str, *, taken: Iterable[int] = ()) -> None:
        """It was refused; with a code that does not say whether it was done, it is unknown."""
        if code in UNKNOWN_CODES:
            self._end(index, code=code)
        else:
            now = self._clock()
            self._end(index, outcome="refused", returned_at=now, code=code, taken=tuple(taken))

    def end_unknown(self, index: int, code: str = "connection_lost") -> None:
        """Nobody knows. The same as not ending it, with a word why."""
        self._end(index, code=code)

    def operations(self) -> list[Operation]:
        """Everything so far, in the order of beginning."""
        return list(self._operations)

    def _end(self, index: int, **changes: Any) -> None:
        operation = self._operations[index]
        if operation.outcome != "unknown" or operation.code:
            raise ValueError("an operation ends once")
        self._operations[index] = replace(operation, **changes)


def write_history(path: Path, operations: Iterable[Operation]) -> None:
    """One JSON object a line; what was in the file is gone."""
    path.write_bytes(msgspec.json.Encoder().encode_lines(list(operations)))


def read_history(*paths: Path) -> list[Operation]:
    """The histories of several processes as one, in the order of beginning.

    Raises `msgspec.DecodeError` (`ValidationError` is one) when a file is not a history.
    """
    decoder = msgspec.json.Decoder(Operation)
    found = [operation for path in paths for operation in decoder.decode_lines(path.read_bytes())]
    return sorted(found, key=lambda operation: operation.invoked_at)


def _listed(word: str, numbers: tuple[int, ...]) -> str:
    return f"{word} {', '.join(map(str, numbers))}" if numbers else ""
