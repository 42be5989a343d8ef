"""Fresh identities and chance, from the operating system."""

from __future__ import annotations

import secrets
import uuid


class SystemIds:
    """The `Ids` port on the operating system's randomness."""

    def uuid(self) -> uuid.UUID:
        """A random UUID."""
        return uuid.uuid4()

    def entropy(self) -> int:
        """64 random bits that nobody can guess."""
        return secrets.randbits(64)
