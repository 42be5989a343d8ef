"""The truth monitor: asks once a minute whether the money is as it must be, and says what is not.

It changes nothing and repairs nothing: what it finds is a bug, or a person who has to act. One node of
an installation asks, and every node can tell when it last found nothing. In the same minute, before it
is asked which cases have waited too long, those that nobody has to decide any more are closed.
"""

from __future__ import annotations

import logging
import random
from typing import Final

import trio

from sorteos_actors import metrics
from sorteos_actors.errors import StoreUnavailable
from sorteos_actors.payments.answered_cases import AnsweredCases
from sorteos_actors.ports.audits import AuditReport, Audits, Findings

logger = logging.getLogger(__name__)

EVERY_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 10.0


class Auditor:
    """One a node; `run` is its life."""

    def __init__(self, audits: Audits, answered: AnsweredCases) -> None:
        self._audits = audits
        self._answered = answered

    async def run(self) -> None:
        """Audit whenever it is our turn, until cancelled."""
        while True:
            try:
                if await self._audits.claim(int(EVERY_SECONDS * 1000)):
                    await self._close_answered()
                    await self.audit()
            except StoreUnavailable as error:
                logger.warning("the audit of the money waits for PostgreSQL: %s", error)
            await trio.sleep(LOOK_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - spread

    async def _close_answered(self) -> None:
        """Whatever comes of it, the money is audited."""
        try:
            await self._answered.sweep()
        except StoreUnavailable as error:
            logger.warning("cases that are answered wait for PostgreSQL: %s", error)

    async def audit(self) -> Findings:
        """Ask now, whoever's turn it is. Raises `StoreUnavailable`."""
        findings = await self._audits.ask()
        await self._audits.answer(findings)
        metrics.AUDITS.labels("clean" if not findings else "findings").inc()
        for name, rows in findings.items():
            metrics.AUDIT_FINDINGS.labels(name).inc(len(rows))
            logger.error("the money is not as it must be: %s: %s", name, rows[:3])
        return findings

    async def latest(self) -> AuditReport:
        """What the last audit of the installation has found. Raises `StoreUnavailable`."""
        return await self._audits.latest()
