"""A word that nobody but its receiver may read."""

from __future__ import annotations

from typing import Final, NoReturn

_MASK: Final = "Secret(***)"


class Secret:
    """Holds a key or a password. Printing, formatting, logging or comparing it shows nothing of it.

    Only printable ASCII without spaces is taken, and no more than 4096 characters: anything else
    could not stand in a header, and the library that refuses it there would print it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not text or len(text) > 4096 or not (text.isascii() and text.isprintable()):
            raise ValueError("a secret is printable ASCII, up to 4096 characters")
        if " " in text:
            raise ValueError("a secret has no spaces")
        self._text = text

    def reveal(self) -> str:
        """The text itself. For the line that sends or compares it, and nowhere else."""
        return self._text

    def __repr__(self) -> str:
        return _MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(_MASK, spec)

    def __reduce__(self) -> NoReturn:
        """Not to be written anywhere, not even by pickle."""
        raise TypeError("a secret cannot be serialised")
