"""What the doctor found: one line a check, with a sentence and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from rich.table import Table
from rich.text import Text

Health = Literal["ok", "warning", "unhealthy", "skipped"]
_LOOKS: Final = {
    "ok": ("✓ ok", "green"),
    "warning": ("! warning", "yellow"),
    "unhealthy": ("× unhealthy", "bold red"),  # noqa: RUF001
    "skipped": ("- skipped", "dim"),
}


class Finding(msgspec.Struct, frozen=True):
    """One check: what was found in a sentence, and what to do (empty when nothing)."""

    check: str
    health: Health
    sentence: str
    advice: str = ""


def ok(check: str, sentence: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", sentence)


def warning(check: str, sentence: str, advice: str) -> Finding:
    """The server works, and somebody should look all the same."""
    return Finding(check, "warning", sentence, advice)


def unhealthy(check: str, sentence: str, advice: str) -> Finding:
    """The server does not start, or its promises do not hold."""
    return Finding(check, "unhealthy", sentence, advice)


def skipped(check: str, sentence: str) -> Finding:
    """Could not be looked at, for a reason that another line tells."""
    return Finding(check, "skipped", sentence)


def is_healthy(findings: Sequence[Finding]) -> bool:
    """Whether nothing is unhealthy."""
    return all(finding.health != "unhealthy" for finding in findings)


def table(findings: Sequence[Finding]) -> Table:
    """For a person."""
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("check", "health", "what and what to do"):
        shown.add_column(column, overflow="fold")
    for finding in findings:
        words, style = _LOOKS[finding.health]
        told = Text(finding.sentence)
        if finding.advice:
            told.append(f" {finding.advice}", "bold")
        shown.add_row(finding.check, Text(words, style), told)
    return shown
