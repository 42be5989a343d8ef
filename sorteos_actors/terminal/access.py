"""An operator's identity: where the secret is, and tokens signed with it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final
from uuid import UUID

from sorteos_actors.terminal.complaint import Complaint
from sorteos_actors.web.auth import Role, Tokens

OPERATOR: Final = UUID("d8704bfd-c96d-542f-bd23-57fe0f58823d")
"""Who an operator at a terminal is: also the organizer of the demo raffles."""


def find_secret(data_dir: Path) -> str | None:
    """The secret from JWT_SECRET, JWT_SECRET_FILE or the data directory; None when there is none.

    Nothing is made here. Raises `Complaint` when a file is there and cannot be read.
    """
    secret = os.environ.get("JWT_SECRET", "").strip()
    if secret:
        return secret
    named = os.environ.get("JWT_SECRET_FILE", "").strip()
    path = Path(named) if named else data_dir / "jwt_secret"
    try:
        return path.read_text().strip() or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Complaint(f"The secret in {path} cannot be read: {error}.") from None


def issue(secret: str, user_id: UUID, role: Role, *, hours: float = 12) -> tuple[str, int]:
    """A token for a person, and when it ends (seconds since 1970)."""
    return Tokens(secret).issue(user_id, role, now=int(time.time()), seconds=int(hours * 3600))


def operator_token(data_dir: Path, given: str | None) -> str | None:
    """An admin's token: the given one, or one signed with the secret; None when nobody knows it."""
    if given:
        return given
    secret = find_secret(data_dir)
    return None if secret is None else issue(secret, OPERATOR, Role.ADMIN)[0]
