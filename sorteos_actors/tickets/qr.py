"""The QR code of an address: to be shown, and to be drawn."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

import segno

QUIET: Final = 4
"""Modules that stay light around it; the standard asks for them."""


def svg(address: str) -> bytes:
    """A picture for any size, dark on white whatever is behind it, the same bytes every time."""
    out = io.BytesIO()
    _code(address).save(
        out, kind="svg", border=QUIET, dark="#000", light="#fff", omitsize=True, xmldecl=False,
        svgclass=None, lineclass=None, nl=False,
    )  # fmt: skip
    return out.getvalue()


def size(address: str) -> int:
    """Modules of a side, without the quiet zone."""
    return len(_code(address).matrix)


def dark_runs(address: str) -> Iterator[tuple[int, int, int]]:
    """What is dark: (row, first column, how many), in modules."""
    for row, modules in enumerate(_code(address).matrix):
        column = 0
        while column < len(modules):
            start = column
            while column < len(modules) and modules[column]:
                column += 1
            if column > start:
                yield row, start, column - start
            column += 1


def _code(address: str) -> segno.QRCode:
    return segno.make_qr(address, error="m", boost_error=False)
