"""The paper of tickets: its size, its fonts, and the text that they can show."""

from __future__ import annotations

import logging
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.enums import Align, MethodReturnValue
from fpdf.fonts import TTFFont

WIDTH: Final = 105.0
HEIGHT: Final = 148.0
MARGIN: Final = 8.0
INNER: Final = WIDTH - 2 * MARGIN
Color = tuple[int, int, int]
INK: Final[Color] = (17, 34, 45)
SOFT: Final[Color] = (70, 90, 104)
BRAND: Final[Color] = (11, 92, 107)
DANGER: Final[Color] = (180, 35, 24)
_FONTS: Final = Path(__file__).parent / "fonts"
_FAMILY: Final = "ticket"

logging.getLogger("fontTools").setLevel(logging.WARNING)  # It names every glyph that it leaves out.


class Paper(FPDF):
    """An empty document. It knows nothing of this moment: the same drawing gives the same bytes."""

    def __init__(self, language: str, made_at: datetime) -> None:
        super().__init__(unit="mm", format=(WIDTH, HEIGHT))
        for style, name in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
            self.add_font(_FAMILY, style, _FONTS / name)
        font = self.fonts[_FAMILY]
        assert isinstance(font, TTFFont)
        self._known = frozenset(font.cmap)
        self.set_margin(MARGIN)
        self.set_auto_page_break(False)
        self.set_lang(language)
        self.set_creation_date(made_at.astimezone(UTC))

    def printable(self, text: str) -> str:
        """The text in one line, without what the fonts cannot show: most emoji, and rare scripts."""
        composed = unicodedata.normalize("NFC", " ".join(text.split()))
        kept = (c for c in composed if ord(c) in self._known and not _is_hidden(c))
        return " ".join("".join(kept).split())

    def write_lines(
        self,
        text: str,
        at: tuple[float, float],
        *,
        width: float = INNER,
        size: float = 8,
        bold: bool = False,
        color: Color = INK,
        align: Align = Align.L,
        most_lines: int = 3,
    ) -> float:
        """Write, and return the height that it took. What needs more lines ends in "…"."""
        self.set_font(_FAMILY, "B" if bold else "", size)
        self.set_text_color(*color)
        height = size * 0.44
        lines = self.multi_cell(width, height, text, dry_run=True, output=MethodReturnValue.LINES)
        assert isinstance(lines, list)
        if len(lines) > most_lines:
            lines = [*lines[: most_lines - 1], f"{lines[most_lines - 1].rstrip()[:-1]}…"]
        for line in lines:
            self.set_xy(*at)
            self.cell(width, height, line, align=align)
            at = (at[0], at[1] + height)
        return height * len(lines)

    def write_centered(
        self, text: str, at: tuple[float, float], box: tuple[float, float], size: float
    ) -> None:
        """One bold line in the middle of a box, in the colour of the text before it."""
        self.set_font(_FAMILY, "B", size)
        self.set_xy(*at)
        self.cell(*box, text, align=Align.C)


def _is_hidden(character: str) -> bool:
    """Controls, and marks that only choose how the character before them looks."""
    return unicodedata.category(character)[0] == "C" or "\ufe00" <= character <= "\ufe0f"
