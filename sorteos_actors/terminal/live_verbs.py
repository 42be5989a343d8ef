"""``sorteos watch`` and ``sorteos bots``: a raffle as it happens, and people to make it happen."""

from __future__ import annotations

import io
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sorteos_actors.terminal.options import (
    DATA_DIR,
    URL,
    AsJson,
    DataDir,
    RaffleName,
    Token,
    Url,
    print_json,
    say,
    sign_in,
)
from sorteos_actors.terminal.words import printable

if TYPE_CHECKING:
    from rich.console import Console


def watch(
    raffle: RaffleName,
    once: Annotated[bool, typer.Option("--once", help="Print one picture and leave.")] = False,
    svg: Annotated[
        Path | None, typer.Option("--svg", help="Write one picture to this file and leave.")
    ] = None,
    after: Annotated[
        float, typer.Option("--after", help="Seconds to look before a picture.", min=0)
    ] = 1.0,
    size: Annotated[
        str | None, typer.Option("--size", help="WIDTHxHEIGHT of a picture, in characters.")
    ] = None,
    url: Url = URL,
    token: Token = None,
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Watch a raffle live: its grid, its counts, who is fast and what is new. Ctrl-C leaves.

    \b
    Examples:
      sorteos watch escuela
      sorteos watch "gran millón" --once --size 100x30
      sorteos watch carro --svg docs/images/watch.svg --after 3
      sorteos watch carro --json | jq -c 'select(.type == "change")'
    """
    import trio
    from rich.console import Console

    from sorteos_actors.terminal.watch import Target, save_svg, watch_json, watch_live, watch_once

    shape = _size(size)
    is_picture = once or svg is not None
    if not (is_picture or as_json or sys.stdout.isatty()):
        raise typer.BadParameter("stdout is not a terminal: use --once, --svg or --json.")
    api, usable = sign_in(url, data_dir, token)
    with api:
        target = Target(url=api.url, raffle_id=api.find(raffle)["id"], token=usable)
    if as_json:
        trio.run(watch_json, target, sys.stdout)
    elif is_picture:
        console = _canvas(shape, to_file=svg is not None)
        trio.run(partial(watch_once, target, console, seconds=after))
        if svg is not None:
            save_svg(console, svg, f"sorteos watch {raffle}")
    else:
        trio.run(watch_live, target, Console(highlight=False))


def bots(
    raffle: RaffleName,
    buyers: Annotated[int, typer.Option("--buyers", help="How many people.", min=1, max=10_000)],
    pace: Annotated[
        float, typer.Option(help="Seconds between two things a person does, about.", min=0)
    ] = 1.0,
    rate: Annotated[
        float | None, typer.Option(help="Most requests a second, of all together.", min=0.01)
    ] = None,
    duration: Annotated[
        float | None, typer.Option(help="Seconds; without it, until Ctrl-C.", min=0)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same choices again.")] = None,
    url: Url = URL,
    token: Token = None,
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Let simulated people buy: they pick, change their mind, go to pay, leave. Ctrl-C ends it.

    With the server's secret at hand they sign their own tokens; else they ask for guest tokens, as
    slowly as the server wishes.

    \b
    Examples:
      sorteos bots escuela --buyers 20
      sorteos bots carro --buyers 200 --pace 0.2 --duration 60 --json
    """
    import trio
    from rich.console import Console

    from sorteos_actors.terminal.access import find_secret
    from sorteos_actors.terminal.bots import BotOptions, run_bots
    from sorteos_actors.terminal.tally import Tally

    api, usable = sign_in(url, data_dir, token)
    with api:
        found = api.find(raffle)
    is_signing = usable is not None and not token
    options = BotOptions(
        url=api.url,
        raffle_id=found["id"],
        buyers=buyers,
        secret=find_secret(data_dir) if is_signing else None,
        pace=pace,
        rate=rate,
        duration=duration,
        seed=seed,
    )
    people = "people" if is_signing else "guests"
    say(f"{buyers:,} {people} buy {printable(found['title'])!r} at {api.url}. Ctrl-C ends it.")
    tally = Tally()
    talk = Console(stderr=True, highlight=False)
    with talk.status("Coming…") as status:
        seconds = trio.run(
            partial(run_bots, options, tally, on_second=lambda s: status.update(tally.line(s)))
        )
    if as_json:
        print_json(tally.as_json(seconds))
        return
    for table in tally.tables(seconds):
        Console(highlight=False).print(table)


def _canvas(shape: tuple[int, int] | None, *, to_file: bool) -> Console:
    """Where one picture goes: stdout, or a memory that becomes a file."""
    from rich.console import Console

    if not to_file:
        console = Console(highlight=False)
        console.size = shape or (console.width, console.height - 1)  # A line for the prompt.
        return console
    width, height = shape or (80, 24)
    return Console(
        highlight=False,
        record=True,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        width=width,
        height=height,
    )


def _size(text: str | None) -> tuple[int, int] | None:
    """``80x24`` as numbers."""
    if text is None:
        return None
    width, _, height = text.lower().partition("x")
    if not (_is_length(width) and _is_length(height)):
        raise typer.BadParameter("--size is WIDTHxHEIGHT, such as 80x24.")
    return int(width), int(height)


def _is_length(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 5 and int(text) > 0
