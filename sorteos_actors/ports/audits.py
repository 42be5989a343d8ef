"""Where the money is held against what must be true of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from sorteos_actors.raffle import Millis

Findings = Mapping[str, Sequence[Mapping[str, Any]]]
"""By the name of what should be true, whatever contradicts it. Empty: all is well."""


class AuditReport(msgspec.Struct, frozen=True):
    """The latest audit of an installation."""

    answered_at: Millis | None
    """None: there was none yet."""
    clean_at: Millis | None
    """When one last found nothing."""
    findings: Findings


class Audits(Protocol):
    """Each method raises `StoreUnavailable`."""

    async def claim(self, every_ms: int) -> bool:
        """Whether the next audit is due, and ours: one node of an installation gets a yes."""

    async def ask(self) -> Findings:
        """Everything that is not as it must be, in one picture of the data; some of each kind."""

    async def answer(self, findings: Findings) -> None:
        """Write down what was found."""

    async def latest(self) -> AuditReport:
        """What was written down last, by whichever node."""
