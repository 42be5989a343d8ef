"""Watching: one picture, an SVG, JSON lines."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import trio
from rich.console import Console

from sorteos_actors.terminal import watch as module
from sorteos_actors.terminal.complaint import Complaint
from sorteos_actors.terminal.watch import Target, save_svg, watch_json, watch_live, watch_once
from tests.unit.terminal.fake_server import Peer, start


def target(url: str) -> Target:
    return Target(url=url, raffle_id="00000000-0000-0000-0000-00000000e000")


async def quiet(peer: Peer) -> None:
    await peer.welcome(100, n7=1, n8=2)
    await peer.answer_pings()


async def test_one_picture_shows_the_board_and_the_latency(nursery: trio.Nursery) -> None:
    server = await start(nursery, quiet)
    out = io.StringIO()
    console = Console(file=out, width=80, height=24, color_system=None)
    await watch_once(target(server.url), console, seconds=0.05)
    lines = out.getvalue().splitlines()
    assert len(lines) == 24
    assert "● live" in lines[0]
    assert " ms" in lines[0]
    assert "▒07" in out.getvalue()
    assert "█08" in out.getvalue()


async def test_a_picture_of_no_raffle_is_one_sentence(nursery: trio.Nursery) -> None:
    server = await start(nursery, 404)
    with pytest.raises(Complaint, match="no raffle"):
        await watch_once(target(server.url), Console(file=io.StringIO()), seconds=0)


async def test_a_picture_waits_only_so_long(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.01)

    async def mute(peer: Peer) -> None:
        await peer.hear()

    server = await start(nursery, mute)
    with pytest.raises(Complaint, match="Nothing to see"):
        await watch_once(target(server.url), Console(file=io.StringIO()), seconds=0)


async def test_a_saved_picture_asks_nothing_of_the_network(
    nursery: trio.Nursery, tmp_path: Path
) -> None:
    server = await start(nursery, quiet)
    console = Console(file=io.StringIO(), width=80, height=24, record=True, force_terminal=True)
    await watch_once(target(server.url), console, seconds=0)
    save_svg(console, tmp_path / "watch.svg", "sorteos watch")
    text = (tmp_path / "watch.svg").read_text()
    assert text.startswith("<svg")
    assert "Rifa&#160;de&#160;prueba" in text
    assert "url(&quot;http" not in text
    assert 'url("http' not in text


def test_a_picture_that_cannot_be_saved_is_one_sentence(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), record=True)
    with pytest.raises(Complaint, match="cannot be written"):
        save_svg(console, tmp_path / "nowhere" / "x.svg", "x")


class Lines(io.StringIO):
    """Stdout that breaks after some lines, as ``| head`` does."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._left = most

    def write(self, text: str) -> int:
        if self._left == 0:
            raise BrokenPipeError
        self._left -= 1
        return super().write(text)

    def read_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


async def test_json_lines_tell_the_board_and_every_change_until_nobody_reads(
    nursery: trio.Nursery,
) -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome(100, seq=5, n8=2)
        await peer.delta(5, 6, {7: 1})
        await peer.delta(6, 7, {7: 0, 9: 1})
        await peer.delta(7, 8, {9: 2})
        await peer.answer_pings()

    server = await start(nursery, script)
    out = Lines(4)
    with trio.fail_after(20):
        await watch_json(target(server.url), out)
    told = [line for line in out.read_lines() if line["type"] != "connection"]
    assert [line["type"] for line in told[:3]] == ["raffle", "board", "change"]
    assert told[1]["counts"] == {"available": 99, "reserved": 0, "sold": 1, "blocked": 0}
    assert (told[2]["epoch"], told[2]["seq"], told[2]["numbers"]) == (7, 6, {"07": "reserved"})


async def test_a_board_in_many_blocks_is_told_once(nursery: trio.Nursery) -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome(200_000)
        await peer.delta(5, 6, {7: 1})
        await peer.answer_pings()

    server = await start(nursery, script)
    out = Lines(3)
    with trio.fail_after(20):
        await watch_json(target(server.url), out)
    assert [line["type"] for line in out.read_lines()].count("board") == 1


async def test_the_live_picture_follows_changes_sizes_and_lost_connections(
    nursery: trio.Nursery,
) -> None:
    """Until the server sends us away for good, which ends it with a sentence."""
    sizes = [(80, 24), (100, 30)]
    out = io.StringIO()
    console = Console(file=out, width=80, height=24, force_terminal=True, color_system=None)

    async def lose(peer: Peer) -> None:
        await peer.welcome()
        await shown("·07")
        await peer.delta(5, 6, {7: 1})
        await shown("▒07")
        console.size = sizes[1]
        await peer.websocket.aclose(1012, '{"retry_after_ms":300}')

    async def come_back(peer: Peer) -> None:
        await shown("reconnecting… the server restarts")
        await peer.welcome(seq=9, n7=2)
        await shown("█07")
        await peer.websocket.aclose(4404, "enough")

    async def shown(text: str) -> None:
        with trio.fail_after(20):
            while text not in out.getvalue():
                await trio.sleep(0.01)
        out.truncate(0)

    server = await start(nursery, lose, come_back)
    with pytest.raises(Complaint, match="enough"):
        await watch_live(target(server.url), console)
