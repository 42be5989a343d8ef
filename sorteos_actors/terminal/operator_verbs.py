"""``sorteos migrate``, ``token`` and ``doctor``: what an operator does beside the running server."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from sorteos_actors.terminal.options import DATA_DIR, AsJson, DataDir, Host, Port, print_json, say

migrate_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Bring the database's schema up, back down, or look at it.",
    epilog="Example: DATABASE_URL=postgresql://… sorteos migrate status",
)
token_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Sign tokens with the server's secret.",
    epilog="Example: sorteos token issue --role admin",
)


class RoleName(StrEnum):
    """What the person of a token may do."""

    USER = "user"
    ORGANIZER = "organizer"
    ADMIN = "admin"


@migrate_app.command()
def up(data_dir: DataDir = DATA_DIR) -> None:
    """Take every step that is missing; repeating it changes nothing.

    The database is DATABASE_URL's (or DB_HOST's), else the embedded one of the data directory.

    \b
    Examples:
      sorteos migrate up
      DATABASE_URL=postgresql://sorteos@db/sorteos sorteos migrate up
    """
    from sorteos_actors.config import Settings
    from sorteos_actors.store import migrate
    from sorteos_actors.terminal.databases import database_for

    with database_for(Settings.from_environment(), data_dir, may_share=False) as url:
        migrate.up(url)
        steps = migrate.status(url)
    say(f"All {len(steps)} steps are applied.")


@migrate_app.command()
def down(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: its data will be lost.")] = False,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Undo the latest step, with all the data that it holds. Stop every server first.

    \b
    Example:
      sorteos migrate down --yes
    """
    from sorteos_actors.config import Settings
    from sorteos_actors.store import migrate
    from sorteos_actors.terminal.databases import database_for

    with database_for(Settings.from_environment(), data_dir, may_share=False) as url:
        applied = [step.name for step in migrate.status(url) if step.is_applied]
        if not yes and applied:
            typer.confirm(f"Undo {applied[-1]} and lose its data?", abort=True, err=True)
        migrate.down(url)
    say(f"Undid {applied[-1]}." if applied else "Nothing was applied.")


@migrate_app.command()
def status(data_dir: DataDir = DATA_DIR, as_json: AsJson = False) -> None:
    """Say which steps are applied. Exit 1 when some are missing.

    \b
    Examples:
      sorteos migrate status
      sorteos migrate status --json
    """
    from sorteos_actors.config import Settings
    from sorteos_actors.store import migrate
    from sorteos_actors.terminal.databases import database_for

    with database_for(Settings.from_environment(), data_dir, may_share=True) as url:
        steps = migrate.status(url)
    if as_json:
        print_json({"migrations": [{"name": s.name, "applied": s.is_applied} for s in steps]})
    else:
        for step in steps:
            print(f"{'applied' if step.is_applied else 'missing':<9}{step.name}")
    raise typer.Exit(0 if all(step.is_applied for step in steps) else 1)


@token_app.command("issue")
def issue_token(
    role: Annotated[RoleName, typer.Option(help="What it allows.")],
    user: Annotated[
        UUID | None, typer.Option(help="Whose; a new person's, or for an admin the operator's.")
    ] = None,
    hours: Annotated[float, typer.Option(help="How long it lasts.", min=0.01, max=24 * 366)] = 12,
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Sign a token with JWT_SECRET, or with the secret of the data directory.

    \b
    Examples:
      sorteos token issue --role admin
      sorteos token issue --role organizer --user 7d9f0f0e-9f0c-4d40-8b51-0d4a8a3c5e10 --hours 720
      export SORTEOS_TOKEN=$(sorteos token issue --role admin)
    """
    from datetime import UTC, datetime
    from uuid import uuid4

    from sorteos_actors.terminal.access import OPERATOR, find_secret, issue
    from sorteos_actors.terminal.complaint import Complaint
    from sorteos_actors.web.auth import Role

    secret = find_secret(data_dir)
    if secret is None:
        raise Complaint(
            f"There is no secret yet: neither JWT_SECRET nor {data_dir}/jwt_secret. Start the "
            "server once, or name its --data-dir."
        )
    user_id = user or (OPERATOR if role is RoleName.ADMIN else uuid4())
    token, expires_at = issue(secret, user_id, Role(role.value), hours=hours)
    until = datetime.fromtimestamp(expires_at, UTC).isoformat(timespec="seconds")
    if as_json:
        answer = {"token": token, "user_id": str(user_id), "role": role.value, "expires_at": until}
        print_json(answer)
    else:
        print(token)
        say(f"{role.value} {user_id}, until {until}")


def doctor(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Look at everything a server needs, and say what to do. Exit 3 when something is unhealthy.

    \b
    Examples:
      sorteos doctor
      sorteos doctor --json | jq '.checks[] | select(.health != "ok")'
    """
    from rich.console import Console

    from sorteos_actors.terminal import findings
    from sorteos_actors.terminal.doctor import examine

    found = list(examine(host, port, data_dir))
    healthy = findings.is_healthy(found)
    if as_json:
        checks = [
            {"check": f.check, "health": f.health, "sentence": f.sentence, "advice": f.advice}
            for f in found
        ]
        print_json({"healthy": healthy, "checks": checks})
    else:
        Console(stderr=True, highlight=False).print(findings.table(found))
    raise typer.Exit(0 if healthy else 3)
