"""Options that several verbs share, and who an operator is on a server. Light: every verb loads it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sorteos_actors.terminal.api import Api

DataDir = Annotated[
    Path,
    typer.Option(
        "--data-dir", help="Where the embedded servers and the secret live.", file_okay=False
    ),
]
Host = Annotated[str, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[
    int, typer.Option("--port", help="TCP port; 0 takes a free one.", min=0, max=65535)
]
Url = Annotated[str, typer.Option("--url", envvar="SORTEOS_URL", help="The server to talk to.")]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="SORTEOS_TOKEN",
        help="Your token; by default an admin's, signed with JWT_SECRET or the data dir's secret.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Data for a program, on stdout.")]
RaffleName = Annotated[
    str, typer.Argument(metavar="RAFFLE", help="Its id, the start of it, or a piece of its title.")
]

DATA_DIR = Path(".sorteos")
URL = "http://127.0.0.1:8080"


def say(text: str) -> None:
    """Talk, on stderr: stdout is for data."""
    print(text, file=sys.stderr)


def print_json(value: Any) -> None:
    """Data, on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def sign_in(url: str, data_dir: Path, given: str | None) -> tuple[Api, str | None]:
    """A server, and the token it takes from us; None when we have none that it accepts.

    A token given by the person is used as it is. Raises `Complaint` when the server is away.
    """
    from sorteos_actors.terminal.access import operator_token
    from sorteos_actors.terminal.api import Api, Refusal

    token = operator_token(data_dir, given)
    api = Api(url, token)
    if given or token is None:
        return api, token
    try:
        api.call("GET", "/raffles", page_size=1)
    except Refusal as refusal:
        if refusal.code != "unauthenticated":
            raise
        api.close()
        return Api(url), None  # The secret here is not that server's: look as anybody may.
    return api, token


def sign_in_as_admin(url: str, data_dir: Path, given: str | None) -> Api:
    """A server that takes our admin token. Raises `Complaint`, also when we have none."""
    from sorteos_actors.terminal.complaint import Complaint

    api, token = sign_in(url, data_dir, given)
    if token is None:
        raise Complaint(
            f"{url} does not accept a token of {data_dir}. Name the server's own --data-dir, set "
            "its JWT_SECRET, or give a --token."
        )
    return api
