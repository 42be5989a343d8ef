"""The browser client's files: which there are, what they are, and how they travel."""

from __future__ import annotations

import gzip
from pathlib import Path

import brotli
import pytest
import trio
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from sorteos_actors.errors import CannotStart
from sorteos_actors.web import static_files
from sorteos_actors.web.static_files import StaticFile

SCRIPT = b"export const numbers = [" + b"0, " * 2000 + b"];"


def accepted(header: str) -> Accept:
    return parse_accept_header(header)


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("deflate, zstd", None),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("*;q=0", None),
        ("gzip;q=1, br;q=0.5", "gzip"),
        ("gzip;q=0.5, br;q=0.5", "br"),
        ("gzip;q=0.5, br;q=0.7", "br"),
        ("gzip;q=0.001", "gzip"),
        ("identity;q=1, br;q=0.5", None),
        ("identity;q=0.5, br;q=0.5", "br"),
        ("identity;q=0", None),
        ("identity;q=0, gzip", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=nonsense", None),
        (",;=, ;q=1", None),
    ],
)
def test_the_coding_is_the_one_that_the_client_likes_best(header: str, coding: str | None) -> None:
    assert StaticFile("/assets/a.js", SCRIPT).coding_for(accepted(header)) == coding


@pytest.mark.parametrize("name", ["icon.png", "photo.webp", "font.woff2"])
def test_what_is_dense_already_is_not_compressed(name: str) -> None:
    assert StaticFile(f"/{name}", SCRIPT).coding_for(accepted("br, gzip")) is None


async def test_a_file_comes_out_of_every_coding_as_it_was() -> None:
    file = StaticFile("/assets/a.js", SCRIPT)
    small, older = await file.body("br"), await file.body("gzip")
    assert (brotli.decompress(small), gzip.decompress(older)) == (SCRIPT, SCRIPT)
    assert max(len(small), len(older)) < len(SCRIPT) / 20
    assert await file.body(None) == SCRIPT


async def test_a_crowd_has_a_file_compressed_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def compress(content: bytes) -> bytes:
        asked.append(content)
        return b"small"

    monkeypatch.setattr(static_files, "_COMPRESSORS", {"br": compress})
    file = StaticFile("/assets/a.js", SCRIPT)
    answers = []

    async def visit() -> None:
        answers.append(await file.body("br"))

    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(visit)
    assert answers == [b"small"] * 50
    assert asked == [SCRIPT]


def test_the_tag_of_a_file_tells_its_content() -> None:
    first, again = StaticFile("/a.js", b"1"), StaticFile("/b.js", b"1")
    assert first.etag == again.etag != StaticFile("/a.js", b"2").etag


@pytest.mark.parametrize(
    ("path", "cached"),
    [
        ("/assets/index-3f2a.js", "public, max-age=31536000, immutable"),
        ("/index.html", "no-cache"),
        ("/sw.js", "no-cache"),
        ("/manifest.webmanifest", "no-cache"),
        ("/icons/192.png", "no-cache"),
    ],
)
def test_only_a_name_with_a_hash_is_kept_for_ever(path: str, cached: str) -> None:
    assert StaticFile(path, b"").cache_control == cached


def test_every_file_of_a_build_is_read_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for name in ("index.html", "assets/a-1.js", "icons/big/512.png", ".vite/manifest.json", ".x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    files = static_files.read(tmp_path)
    assert set(files) == {"/index.html", "/assets/a-1.js", "/icons/big/512.png"}
    assert files["/assets/a-1.js"].content == b"assets/a-1.js"


def test_without_a_page_there_is_no_build(tmp_path: Path) -> None:
    assert static_files.read(tmp_path / "missing") == {}
    (tmp_path / "sw.js").write_text("left over")
    assert static_files.read(tmp_path) == {}
    assert not static_files.is_built(tmp_path)


def test_a_file_of_a_type_that_nobody_knows_stops_the_start_with_a_sentence(
    tmp_path: Path,
) -> None:
    (tmp_path / "index.html").write_text("")
    (tmp_path / "song.mp3").write_text("")
    with pytest.raises(CannotStart, match=r"/song\.mp3"):
        static_files.read(tmp_path)


def test_a_file_that_cannot_be_read_stops_the_start_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.html").write_text("")

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(CannotStart, match="Permission denied"):
        static_files.read(tmp_path)
