"""Who is asking: JWT in, identity out. One algorithm, fixed here and never taken from the token."""

from __future__ import annotations

from enum import StrEnum
from typing import Final
from uuid import UUID

import jwt
import msgspec

from sorteos_actors.raffle import RaffleStatus, RaffleSummary

_ALGORITHM: Final = "HS256"
_LEEWAY_SECONDS: Final = 30
_MAX_TOKEN_CHARS: Final = 4096
GUEST_SECONDS: Final = 30 * 24 * 3600
"""A guest keeps his numbers' history for a month on the same phone."""


class Role(StrEnum):
    """What a person may do."""

    USER = "user"
    ORGANIZER = "organizer"
    ADMIN = "admin"


class Identity(msgspec.Struct, frozen=True):
    """A person whose token was good; `expires_at` in seconds since 1970."""

    user_id: UUID
    role: Role
    expires_at: int

    @property
    def may_organize(self) -> bool:
        """Whether this person may create raffles."""
        return self.role in (Role.ORGANIZER, Role.ADMIN)

    def may_manage(self, organizer_id: UUID) -> bool:
        """Whether this person may steer a raffle of that organizer."""
        return self.role is Role.ADMIN or (
            self.role is Role.ORGANIZER and self.user_id == organizer_id
        )


def may_see(identity: Identity | None, summary: RaffleSummary) -> bool:
    """A draft is nobody's business but its organizer's; everything else is public."""
    return summary.status is not RaffleStatus.DRAFT or (
        identity is not None and identity.may_manage(summary.terms.organizer_id)
    )


class InvalidToken(Exception):
    """The token is malformed, forged, expired, or lacks a claim. The message never holds it."""


class Tokens:
    """Issues and checks the tokens of one secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def issue(self, user_id: UUID, role: Role, *, now: int, seconds: int) -> tuple[str, int]:
        """A token, and when it ends (seconds since 1970)."""
        expires_at = now + seconds
        claims = {"sub": str(user_id), "role": role.value, "iat": now, "exp": expires_at}
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM), expires_at

    def check(self, token: str) -> Identity:
        """The identity in a token. Raises `InvalidToken`."""
        if len(token) > _MAX_TOKEN_CHARS or not token.isascii():
            raise InvalidToken("the token is malformed")
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                leeway=_LEEWAY_SECONDS,
                # `iat` informs, it does not decide: we write it in PostgreSQL's time, and a node
                # whose own clock is behind would refuse every new guest.
                options={"require": ["exp", "iat", "sub", "role"], "verify_iat": False},
            )
            return Identity(UUID(claims["sub"]), Role(claims["role"]), int(claims["exp"]))
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError) as error:
            raise InvalidToken(f"the token is not good: {type(error).__name__}") from None

    def from_header(self, authorization: str | None) -> Identity | None:
        """The identity in an ``Authorization`` header; None without one. Raises `InvalidToken`."""
        if not authorization:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise InvalidToken("the scheme is not Bearer")
        return self.check(token.strip())
