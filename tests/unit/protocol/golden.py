"""The golden vectors: bytes of the wire that every client, in any language, must agree on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[2] / "golden"


def golden(name: str, part: str) -> list[Any]:
    """One list of vectors of ``tests/golden/<name>.json``."""
    vectors: list[Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))[part]
    assert vectors, f"{name}.json has no {part}"
    return vectors


def cells_of(runs: list[tuple[int, int]]) -> bytes:
    """A board written as runs of (state, how many)."""
    return b"".join(bytes([state]) * count for state, count in runs)
