"""The built browser client: each of its files, read once, and how it travels.

The build lies in `FOLDER`. Only what was there when the server started can be asked for, by the very
path it had, so that no request leads anywhere else on the disk.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import brotli
import trio
from werkzeug.datastructures import Accept

from sorteos_actors.errors import CannotStart

FOLDER: Final = Path(__file__).with_name("static")
PAGE: Final = "/index.html"
"""The one page; what it shows depends on the address."""
ASSETS: Final = "/assets/"
"""Here a file's name holds a hash of its content: what has the name never changes."""

_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""Ours and not the machine's, whose table differs from one system to the next."""
_DENSE: Final = frozenset({".png", ".webp", ".woff2"})
"""What is compressed already."""
_COMPRESSORS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": partial(brotli.compress, quality=11),
    "gzip": partial(gzip.compress, compresslevel=9, mtime=0),
}
"""By content coding; of two that are equally welcome the first."""


class StaticFile:
    """One file. It is compressed when somebody first wants it so, and then kept."""

    def __init__(self, path: str, content: bytes) -> None:
        """Raises `CannotStart` when the table has no content type for it."""
        suffix = Path(path).suffix
        if suffix not in _TYPES:
            raise CannotStart(f"No content type is known for {path} of the browser client.")
        self.content = content
        self.content_type = _TYPES[suffix]
        self.cache_control = _FOREVER if path.startswith(ASSETS) else _ASK_AGAIN
        self.etag = hashlib.sha256(content).hexdigest()[:32]
        """To be sent as a weak one: it is the same file, whether it travels compressed or not."""
        self.is_compressible = suffix not in _DENSE
        self._compressed: dict[str, bytes] = {}
        self._compressing = trio.Lock()

    def coding_for(self, accepted: Accept) -> str | None:
        """The content coding to send it in by an ``Accept-Encoding``; None: as it is."""
        if not self.is_compressible:
            return None
        best = max(_COMPRESSORS, key=accepted.quality)
        # Plain bytes are always allowed, and come before a coding only where they are asked for.
        wanted = accepted.quality(best)
        return best if wanted > 0 and wanted >= accepted.quality("identity") else None

    async def body(self, coding: str | None) -> bytes:
        """The bytes to send. The first caller of a coding waits some hundredths of a second for it."""
        if coding is None:
            return self.content
        async with self._compressing:  # A crowd after a start shall not compress it once for each.
            if coding not in self._compressed:
                compress = _COMPRESSORS[coding]
                self._compressed[coding] = await trio.to_thread.run_sync(compress, self.content)
        return self._compressed[coding]


def read(folder: Path = FOLDER) -> dict[str, StaticFile]:
    """All files of a build by their path, such as ``/index.html``; none where nothing was built.

    Raises `CannotStart`.
    """
    if not is_built(folder):
        return {}
    files = {}
    try:
        for found in sorted(folder.rglob("*")):
            parts = found.relative_to(folder).parts
            if found.is_file() and not any(part.startswith(".") for part in parts):
                path = f"/{'/'.join(parts)}"
                files[path] = StaticFile(path, found.read_bytes())
    except OSError as error:
        raise CannotStart(
            f"The browser client in {folder} cannot be read ({error.strerror or error})."
        ) from None
    return files


def is_built(folder: Path = FOLDER) -> bool:
    """Whether there is a build to serve."""
    return folder.joinpath(PAGE[1:]).is_file()
