"""How serving begins, in words, and how it ends when a signal comes before it serves."""

from __future__ import annotations

import re
import socket

import pytest

from sorteos_actors import main
from sorteos_actors.config import Settings
from sorteos_actors.errors import CannotStart, StoreUnavailable
from sorteos_actors.web import static_files
from sorteos_actors.web.auth import Role, Tokens

SECRET = "0123456789abcdef0123456789abcdef"


def ended_by(failure: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    def serve_until_signal(_: object, __: object) -> int:
        raise failure

    monkeypatch.setattr(main, "_serve_until_signal", serve_until_signal)
    return main.serve(Settings(), main.ServeOptions())


def through_nurseries(*causes: BaseException) -> BaseException:
    return BaseExceptionGroup("outer", [BaseExceptionGroup("inner", list(causes))])


def test_a_signal_while_the_node_is_being_built_ends_with_0(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ended_by(KeyboardInterrupt(), monkeypatch) == 0
    assert ended_by(through_nurseries(KeyboardInterrupt()), monkeypatch) == 0


def test_a_signal_hides_no_other_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BaseExceptionGroup):
        ended_by(through_nurseries(KeyboardInterrupt(), ValueError()), monkeypatch)


class Away:
    """A database that has just gone away."""

    async def is_empty(self) -> bool:
        raise StoreUnavailable("the connection broke")


async def test_a_database_that_leaves_before_the_start_is_over_is_one_sentence() -> None:
    with pytest.raises(CannotStart, match="PostgreSQL does not answer"):
        await main.seed(Away())  # type: ignore[arg-type]


def greeting(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, built: bool, own: bool
) -> tuple[str, str]:
    """What a person at the terminal reads, and the base of its addresses."""
    monkeypatch.setattr(static_files, "is_built", lambda: built)
    foundations = main.Foundations("postgresql://u:pw@db/sorteos", None, SECRET, is_embedded=own)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        main.greet(listener, foundations)
        port = listener.getsockname()[1]
    out, said = capsys.readouterr()
    assert out == ""
    return said, f"http://127.0.0.1:{port}"


def test_who_starts_it_on_their_own_machine_is_shown_the_page_and_let_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said, base = greeting(capsys, monkeypatch, built=True, own=True)
    assert re.search(rf"Page +{base}/\n", said)
    admin, organizer = re.findall(r"eyJ[\w.-]+", said)
    assert f"{base}/organizar#token={organizer}\n" in said
    for token, role in ((admin, Role.ADMIN), (organizer, Role.ORGANIZER)):
        identity = Tokens(SECRET).check(token)
        assert (identity.user_id, identity.role) == (main.DEMO_ORGANIZER, role)


def test_without_a_build_the_page_is_how_to_make_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said, _ = greeting(capsys, monkeypatch, built=False, own=True)
    assert re.search(r"Page +not built: .*npm run build", said)
    assert "organizar" not in said
    assert len(re.findall(r"eyJ[\w.-]+", said)) == 1


def test_no_token_is_printed_where_logs_may_be_collected(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said, base = greeting(capsys, monkeypatch, built=True, own=False)
    assert f"{base}/\n" in said
    assert "token" not in said
    assert "pw" not in said
