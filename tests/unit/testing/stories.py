"""Histories made by hand: times in milliseconds, reservations named by a small number."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sorteos_actors.testing.history import Kind, Operation
from sorteos_actors.testing.linearizable import Verdict, check_linearizable

MS = 1_000_000
LONG = 600_000


def done(
    kind: Kind,
    reservation: int,
    begin: float,
    end: float,
    *,
    take: Iterable[int] = (),
    give: Iterable[int] = (),
    has: Iterable[int] | None = None,
    phase: str = "selection",
    for_ms: int | None = LONG,
) -> Operation:
    """An acknowledgement. What it `has` is what was taken unless said otherwise."""
    take = tuple(take)
    return Operation(
        client=f"c{reservation}",
        kind=kind,
        reservation_id=UUID(int=reservation),
        invoked_at=int(begin * MS),
        returned_at=int(end * MS),
        outcome="ok",
        take=take,
        give=tuple(give),
        phase=phase,
        numbers=take if has is None else tuple(has),
        expires_in_ms=for_ms,
    )


def refused(
    kind: Kind,
    reservation: int,
    begin: float,
    end: float,
    *,
    take: Iterable[int] = (),
    taken: Iterable[int] = (),
    code: str = "numbers_taken",
) -> Operation:
    """A refusal."""
    return Operation(
        client=f"c{reservation}",
        kind=kind,
        reservation_id=UUID(int=reservation),
        invoked_at=int(begin * MS),
        returned_at=int(end * MS),
        outcome="refused",
        code=code,
        take=tuple(take),
        taken=tuple(taken),
    )


def unknown(
    kind: Kind,
    reservation: int,
    begin: float,
    *,
    take: Iterable[int] = (),
    give: Iterable[int] = (),
) -> Operation:
    """Nobody knows."""
    return Operation(
        client=f"c{reservation}",
        kind=kind,
        reservation_id=UUID(int=reservation),
        invoked_at=int(begin * MS),
        take=tuple(take),
        give=tuple(give),
    )


def judged(*operations: Operation) -> Verdict:
    """Without slack."""
    return check_linearizable(operations, slack_ms=0)


def assert_legal(*operations: Operation) -> None:
    verdict = judged(*operations)
    assert verdict.is_legal, verdict.report()


def assert_illegal(*operations: Operation, number: int, because: int | None = None) -> str:
    """Only this number cannot be explained, and `because` many answers say why."""
    verdict = judged(*operations)
    assert [violation.number for violation in verdict.violations] == [number], verdict.report()
    assert not verdict.undecided
    [violation] = verdict.violations
    if because is not None:
        assert len(violation.operations) == because, violation.text
    return violation.text
