"""Ids that are made from a client's `Idempotency-Key`, so that a repeat is the same thing again."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid5

from quart import request

from sorteos_actors.ports import Ids
from sorteos_actors.raffle import RejectionCode
from sorteos_actors.web.answers import Refused

_MAX_KEY_CHARS: Final = 255


def id_from_key(user_id: UUID, within: UUID, ids: Ids) -> UUID:
    """From the person, the key, and what it is used in; without a key a new one.

    `within` is part of it: one key used in two raffles must not give two reservations one id.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ids.uuid()
    if not 0 < len(key) <= _MAX_KEY_CHARS:
        raise Refused(RejectionCode.BAD_REQUEST, {"field": "Idempotency-Key"})
    return uuid5(user_id, f"{within}:{key}")
