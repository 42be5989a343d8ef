"""``sorteos watch``: a raffle as it happens, on a terminal, as a picture, or as JSON lines."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final, TextIO

import msgspec
import trio
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.live import Live

from sorteos_actors.raffle.model import STATE_NAMES
from sorteos_actors.terminal.client import Change
from sorteos_actors.terminal.complaint import Complaint
from sorteos_actors.terminal.follow import Follower
from sorteos_actors.terminal.picture import Picture
from sorteos_actors.terminal.scene import Scene
from sorteos_actors.terminal.until import run_until_signal

FRAME_SECONDS: Final = 0.1
IDLE_SECONDS: Final = 1.0
"""A quiet picture is drawn so often all the same: its rate and its latency change."""
PATIENCE_SECONDS: Final = 20.0
"""How long a single picture waits for its raffle."""
_SVG: Final = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "<svg ", '<svg xml:space="preserve" ', 1
)
"""Without fonts from the network (the viewer's monospace does), and with spaces as they are."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Which raffle, where, and as whom."""

    url: str
    raffle_id: str
    token: str | None = None


class Watch:
    """A follower whose changes go into a scene."""

    def __init__(self, target: Target) -> None:
        self.follower = Follower(
            target.url,
            target.raffle_id,
            target.token,
            on_change=self._on_change,
            on_state=self._on_state,
        )
        self.scene = Scene(self.follower.board)
        self.ready = trio.Event()
        """Set when there is something to see."""
        self.is_dirty = False
        """Whether something happened since the last frame."""

    async def run(self) -> None:
        """Follow until cancelled. Raises `Complaint` when that makes no sense."""
        await self.follower.run(self.scene.ping)

    def _on_change(self, change: Change) -> None:
        self.scene.raffle = self.follower.raffle
        self.scene.change(change, trio.current_time())
        self.is_dirty = True

    def _on_state(self) -> None:
        self.scene.raffle = self.follower.raffle
        self.scene.is_live = self.follower.is_live
        self.is_dirty = True
        if self.follower.is_live:
            self.ready.set()


async def watch_live(target: Target, console: Console) -> None:
    """Draw on the terminal until SIGINT or SIGTERM. Raises `Complaint`."""
    watch = Watch(target)

    async def draw() -> None:
        await watch.ready.wait()
        picture = Picture(watch.scene)
        drawn_at, drawn_size = -IDLE_SECONDS, (0, 0)
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                now, size = trio.current_time(), (console.width, console.height)
                is_due = now - drawn_at >= IDLE_SECONDS
                if watch.is_dirty or watch.scene.has_glow or size != drawn_size or is_due:
                    watch.is_dirty = False
                    watch.scene.why = watch.follower.why
                    live.update(picture.draw(*size, now), refresh=True)
                    drawn_at, drawn_size = now, size
                await trio.sleep(FRAME_SECONDS)

    await run_until_signal(draw, watch.run)


async def watch_once(target: Target, console: Console, *, seconds: float) -> None:
    """Look for some seconds, then print one picture. Raises `Complaint`, also for nothing to see."""
    watch = Watch(target)

    async def look() -> None:
        with trio.move_on_after(PATIENCE_SECONDS):
            await watch.ready.wait()
        if not watch.ready.is_set():
            why = watch.follower.why or "the server does not answer"
            raise Complaint(f"Nothing to see: {why}.")
        picture = Picture(watch.scene)
        picture.draw(console.width, console.height, trio.current_time())  # So that changes glow.
        await trio.sleep(seconds)
        frame = picture.draw(console.width, console.height, trio.current_time())
        console.print(frame, end="")

    await run_until_signal(look, watch.run)


def save_svg(console: Console, path: Path, title: str) -> None:
    """What a recording console printed, as a picture. Raises `Complaint`."""
    try:
        path.write_text(console.export_svg(title=title, code_format=_SVG), encoding="utf-8")
    except OSError as error:
        raise Complaint(f"{path} cannot be written: {error.strerror}.") from None


async def watch_json(target: Target, out: TextIO) -> None:
    """Write one JSON object a line until SIGINT or SIGTERM, or until nobody reads them.

    A board is told as counts; a change as numbers with their new states. Raises `Complaint`.
    """
    unread = trio.Event()

    def write(kind: str, **fields: Any) -> None:
        board = follower.board
        line = {"type": kind, "epoch": board.epoch, "seq": board.seq, **fields}
        if not unread.is_set():
            try:
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
                out.flush()
            except BrokenPipeError:
                unread.set()

    def tell(change: Change) -> None:
        count = follower.raffle["number_count"]
        if change.kind == "raffle":
            write("raffle", raffle=follower.raffle)
        elif change.kind == "delta":
            width = max(2, len(str(count - 1)))
            numbers = {str(n).zfill(width): STATE_NAMES[s] for n, s in change.numbers.items()}
            write("change", numbers=numbers)
        elif len(follower.board.cells) == count:
            write("board", counts=dict(zip(STATE_NAMES, follower.board.counts(), strict=True)))

    follower = Follower(
        target.url,
        target.raffle_id,
        target.token,
        on_change=tell,
        on_state=lambda: write("connection", live=follower.is_live),
    )
    await run_until_signal(unread.wait, follower.run)
