"""The Lua scripts: each compares and changes one lease in one step. By name, with their digests."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Final

import msgspec


class Script(msgspec.Struct, frozen=True):
    """One script: its text, and the digest by which Redis remembers it."""

    name: str
    text: bytes
    sha: str


def _load(name: str) -> Script:
    text = files(__name__).joinpath(f"{name}.lua").read_bytes()
    return Script(name, text, hashlib.sha1(text, usedforsecurity=False).hexdigest())


ACQUIRE: Final = _load("acquire")
SEIZE: Final = _load("seize")
RENEW: Final = _load("renew")
RELEASE: Final = _load("release")
HAND_OVER: Final = _load("hand_over")
