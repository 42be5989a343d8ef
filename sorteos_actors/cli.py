"""The operator's verbs. ``sorteos`` alone serves.

Every verb imports what it needs when it runs, so that ``--help`` is quick. Data goes to stdout, talk
to stderr. Exit status: 0 ok, 1 failure, 2 usage, 3 unhealthy.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, Final

import typer

from sorteos_actors.errors import CannotStart
from sorteos_actors.terminal import live_verbs, operator_verbs, raffle_verbs
from sorteos_actors.terminal.complaint import Complaint
from sorteos_actors.terminal.options import DATA_DIR, DataDir, Host, Port, print_json

app = typer.Typer(
    name="sorteos",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A realtime server for raffles. Without a verb it serves.",
    epilog="Examples: sorteos | sorteos watch escuela | sorteos bots escuela --buyers 20",
)
_OWN_OPTIONS: Final = frozenset({"-h", "--help", "--version"})


def main() -> None:
    """Run one verb and exit with its status."""
    arguments = sys.argv[1:]
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in _OWN_OPTIONS):
        arguments = ["serve", *arguments]
    status = run(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our data has enough. Python would complain once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run one verb; the exit status. What can be foreseen becomes one sentence on stderr."""
    try:
        app(args=arguments, prog_name="sorteos")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception as error:
        sentence = foreseen(error)
        if sentence is None:
            raise
        print(f"sorteos: {sentence}", file=sys.stderr)
        return 1
    return 0


def foreseen(error: BaseException) -> str | None:
    """The sentence of a failure that is nobody's bug, also out of a nursery's group; else None."""
    if isinstance(error, BaseExceptionGroup):
        sentences = [foreseen(part) for part in error.exceptions]
        return None if None in sentences else sentences[0]
    return str(error) if isinstance(error, CannotStart | Complaint) else None


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(version("sorteos-actors"))
        except PackageNotFoundError:  # A bare checkout.
            print("0.1.0")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", help="Say which.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """A realtime server for raffles. Without a verb it serves."""


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    data_dir: DataDir = DATA_DIR,
    demo: Annotated[
        bool, typer.Option("--demo/--no-demo", help="Demo raffles on the very first start.")
    ] = True,
    workers: Annotated[
        int, typer.Option("--workers", help="Processes on the port.", min=1, max=64)
    ] = 1,
    link: Annotated[int | None, typer.Option("--link", hidden=True)] = None,
) -> None:
    """Serve until Ctrl-C. What is not configured (PostgreSQL, Valkey, the secret) is set up.

    \b
    Examples:
      sorteos serve
      sorteos serve --workers 4
      sorteos serve --host 0.0.0.0 --port 80 --data-dir /var/lib/sorteos
      DATABASE_URL=postgresql://… REDIS_URL=redis://… JWT_SECRET_FILE=/run/secrets/jwt sorteos serve
    """
    from sorteos_actors.config import Settings
    from sorteos_actors.main import ServeOptions

    settings = Settings.from_environment()
    if link is not None:
        from sorteos_actors.workers.child import work

        raise typer.Exit(work(settings, link))
    if workers > 1:
        from sorteos_actors.workers.parent import serve as serve_until_signal
    else:
        from sorteos_actors.main import serve as serve_until_signal
    options = ServeOptions(host=host, port=port, data_dir=data_dir, seed_demo=demo, workers=workers)
    raise typer.Exit(serve_until_signal(settings, options))


app.add_typer(operator_verbs.migrate_app, name="migrate")
app.command()(operator_verbs.doctor)
app.add_typer(operator_verbs.token_app, name="token")
app.add_typer(raffle_verbs.app, name="raffle")
app.command()(live_verbs.watch)
app.command()(live_verbs.bots)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def bench(context: typer.Context) -> None:
    """Measure this machine: one SCENARIO, or all. What follows goes to ``python -m benchmarks``.

    \b
    Examples:
      sorteos bench
      sorteos bench hot_raffle --quick
      sorteos bench --json figures.json --plot figures.png
    """
    from pathlib import Path

    root = Path(__file__).resolve().parents[1]
    if not (root / "benchmarks" / "__main__.py").exists():
        raise Complaint(
            f"The benchmarks are not in {root}: they come with the repository, not with the "
            "package. Run `python3 run.py bench` there."
        )
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-m", "benchmarks", *context.args]
    os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": path})  # noqa: S606


@app.command()
def openapi() -> None:
    """Print the HTTP interface as OpenAPI 3.1.

    \b
    Example:
      sorteos openapi > openapi.json
    """
    from sorteos_actors.web.openapi import document

    print_json(document())


@app.command()
def asyncapi() -> None:
    """Print the WebSocket interface as AsyncAPI 3.

    \b
    Example:
      sorteos asyncapi > asyncapi.json
    """
    from sorteos_actors.web.asyncapi import document

    print_json(document())
