"""Logs for a person (`pretty`) or for a machine (`json`, one object a line), always on stderr, in UTC."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

NOISY: Final = ("trio-websocket", "httpx", "httpcore")
"""Libraries that tell of every message: heard from a warning on."""


def set_up(log_format: Literal["pretty", "json"], level: str) -> None:
    """Send everything to stderr in one format. May be called again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if log_format == "json" else _PrettyFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))


class _PrettyFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        text = _one_line(record.getMessage())
        line = (
            f"{moment} {record.levelname:<8} {record.name.removeprefix('sorteos_actors.')}: {text}"
        )
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        # Half a surrogate pair, from somebody's broken text, is no reason to lose the line.
        whole = {k: v.encode(errors="backslashreplace").decode() for k, v in fields.items()}
        return msgspec.json.encode(whole).decode()


def _one_line(text: str) -> str:
    """Nobody else's control characters: a log line cannot be forged nor a terminal steered."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
