"""``sorteos raffle …``: create, list, show and steer raffles of a running server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

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
    sign_in_as_admin,
)

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Create, list, show and steer raffles.",
    epilog="Example: sorteos raffle create --title 'Rifa de la escuela' --numbers 100 "
    "--price 100000 --publish",
)
_FACTS = (
    "id",
    "title",
    "description",
    "status",
    "number_count",
    "max_numbers_per_user",
    "selection_seconds",
    "checkout_seconds",
    "sales_close_at",
    "draw_at",
    "epoch",
    "seq",
)


@app.command()
def create(
    title: Annotated[str, typer.Option(help="What people read.")],
    numbers: Annotated[
        int, typer.Option(help="How many, from 1 to 1,000,000.", min=1, max=1_000_000)
    ],
    price: Annotated[
        int, typer.Option(help="Of one number, in minor units (céntimos, cents).", min=0)
    ],
    currency: Annotated[str, typer.Option(help="ISO 4217.")] = "CRC",
    description: Annotated[str | None, typer.Option(help="More to read.")] = None,
    max_per_person: Annotated[
        int | None, typer.Option(help="Numbers for one person.", min=1)
    ] = None,
    selection_seconds: Annotated[int | None, typer.Option(help="How long a hold lasts.")] = None,
    checkout_seconds: Annotated[int | None, typer.Option(help="How long paying may take.")] = None,
    sales_close_at: Annotated[str | None, typer.Option(help="RFC 3339, with zone.")] = None,
    draw_at: Annotated[str | None, typer.Option(help="RFC 3339, with zone.")] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Sell at once, not a draft.")] = False,
    url: Url = URL,
    token: Token = None,
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Make a raffle: a draft, or with --publish one that sells.

    \b
    Examples:
      sorteos raffle create --title "Rifa de la escuela" --numbers 100 --price 100000
      sorteos raffle create --title "El carro" --numbers 10000 --price 250000 --publish --json
    """
    terms: dict[str, Any] = {
        "title": title,
        "number_count": numbers,
        "price": price,
        "currency": currency,
        "description": description,
        "max_numbers_per_user": max_per_person,
        "selection_seconds": selection_seconds,
        "checkout_seconds": checkout_seconds,
        "sales_close_at": sales_close_at,
        "draw_at": draw_at,
    }
    with sign_in_as_admin(url, data_dir, token) as api:
        raffle = api.create(**{name: value for name, value in terms.items() if value is not None})
        if publish:
            raffle = api.steer(raffle["id"], "publish")
    _tell(raffle, as_json)


@app.command("list")
def list_all(
    url: Url = URL, token: Token = None, data_dir: DataDir = DATA_DIR, as_json: AsJson = False
) -> None:
    """List raffles, newest first; drafts only to those who may see them.

    \b
    Examples:
      sorteos raffle list
      sorteos raffle list --json | jq -r '.raffles[].id'
    """
    api, _ = sign_in(url, data_dir, token)
    with api:
        raffles = api.raffles()
    if as_json:
        print_json({"raffles": raffles})
    elif raffles:
        _print_table(raffles)
    else:
        say("There are no raffles yet. `sorteos raffle create` makes one.")


@app.command()
def show(
    raffle: RaffleName,
    url: Url = URL,
    token: Token = None,
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Show one raffle.

    \b
    Examples:
      sorteos raffle show escuela
      sorteos raffle show 5b0f24f8 --json
    """
    api, _ = sign_in(url, data_dir, token)
    with api:
        # A list may be a moment older than the raffle itself.
        found = api.raffle(api.find(raffle)["id"])
    _tell(found, as_json)


def _steer(verb: str, raffle: str, url: str, token: str | None, data_dir: Path) -> Any:
    with sign_in_as_admin(url, data_dir, token) as api:
        return api.steer(api.find(raffle)["id"], verb)


@app.command()
def publish(
    raffle: RaffleName,
    url: Url = URL,
    token: Token = None,
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Begin to sell a draft.

    \b
    Example:
      sorteos raffle publish escuela
    """
    _tell(_steer("publish", raffle, url, token, data_dir), as_json)


@app.command()
def pause(
    raffle: RaffleName,
    url: Url = URL,
    token: Token = None,
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Sell nothing for a while; what is held stays held until its deadline.

    \b
    Example:
      sorteos raffle pause escuela
    """
    _tell(_steer("pause", raffle, url, token, data_dir), as_json)


@app.command()
def resume(
    raffle: RaffleName,
    url: Url = URL,
    token: Token = None,
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Sell again after a pause.

    \b
    Example:
      sorteos raffle resume escuela
    """
    _tell(_steer("resume", raffle, url, token, data_dir), as_json)


@app.command()
def close(
    raffle: RaffleName,
    url: Url = URL,
    token: Token = None,
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """End the sale for good.

    \b
    Example:
      sorteos raffle close escuela
    """
    _tell(_steer("close", raffle, url, token, data_dir), as_json)


def _tell(raffle: dict[str, Any], as_json: bool) -> None:
    """One raffle, as data or as lines."""
    if as_json:
        print_json({"raffle": raffle})
        return
    from sorteos_actors.terminal.words import money, printable

    for name in _FACTS:
        if raffle[name] not in (None, ""):
            print(f"{name.replace('_', ' '):<22}{printable(str(raffle[name]))}")
    print(f"{'price':<22}{money(raffle['price'], raffle['currency'])}")
    for state, count in raffle["counts"].items():
        print(f"{state:<22}{count:,}")


def _print_table(raffles: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from sorteos_actors.terminal.words import money, printable

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("id", no_wrap=True)
    table.add_column("title", overflow="ellipsis", no_wrap=True, ratio=1)
    table.add_column("status", no_wrap=True)
    for name in ("available", "reserved", "sold", "price"):
        table.add_column(name, justify="right", no_wrap=True)
    for raffle in raffles:
        counts = [f"{raffle['counts'][state]:,}" for state in ("available", "reserved", "sold")]
        price = money(raffle["price"], raffle["currency"])
        title = Text(printable(raffle["title"]))
        table.add_row(raffle["id"][:8], title, raffle["status"], *counts, price)
    Console(highlight=False).print(table)
