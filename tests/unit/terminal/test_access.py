"""Where the secret comes from, and what tokens it makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorteos_actors.main import DEMO_ORGANIZER
from sorteos_actors.terminal.access import OPERATOR, find_secret, operator_token
from sorteos_actors.terminal.complaint import Complaint
from sorteos_actors.web.auth import Role, Tokens


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JWT_SECRET", raising=False)
    monkeypatch.delenv("JWT_SECRET_FILE", raising=False)


def test_the_environment_comes_before_the_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_secret(tmp_path) is None
    (tmp_path / "jwt_secret").write_text("of the data directory\n")
    assert find_secret(tmp_path) == "of the data directory"
    (tmp_path / "named").write_text("of a file\n")
    monkeypatch.setenv("JWT_SECRET_FILE", str(tmp_path / "named"))
    assert find_secret(tmp_path) == "of a file"
    monkeypatch.setenv("JWT_SECRET", "of the environment")
    assert find_secret(tmp_path) == "of the environment"


def test_looking_for_a_secret_makes_none(tmp_path: Path) -> None:
    assert find_secret(tmp_path / "nowhere") is None
    assert list(tmp_path.iterdir()) == []


def test_a_secret_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "jwt_secret").mkdir()
    with pytest.raises(Complaint, match="cannot be read"):
        find_secret(tmp_path)


def test_an_operator_is_an_admin_and_the_organizer_of_the_demo_raffles(tmp_path: Path) -> None:
    secret = "a-secret-for-tests-that-is-long-enough"
    (tmp_path / "jwt_secret").write_text(secret)
    token = operator_token(tmp_path, None)
    assert token is not None
    identity = Tokens(secret).check(token)
    assert (identity.user_id, identity.role) == (OPERATOR, Role.ADMIN)
    assert OPERATOR == DEMO_ORGANIZER


def test_a_given_token_is_used_as_it_is(tmp_path: Path) -> None:
    assert operator_token(tmp_path, "given") == "given"
    assert operator_token(tmp_path, None) is None
