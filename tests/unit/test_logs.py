"""Log lines: one object a line for machines, nothing that steers a terminal for people."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from sorteos_actors import logs

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def the_loggers_are_put_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers = root.handlers
    levels = {logger: logger.level for logger in (root, *map(logging.getLogger, logs.NOISY))}
    root.handlers = []  # Those of the test runner are not ours to close.
    yield
    root.handlers = handlers
    for logger, level in levels.items():
        logger.setLevel(level)


def test_json_is_one_object_a_line_with_the_traceback_inside(capsys: Capture) -> None:
    logs.set_up("json", "INFO")
    logging.getLogger("sorteos_actors.x").info("two\nlines %s", 'and "quotes"')
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("sorteos_actors.x").exception("it broke")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert first["message"] == 'two\nlines and "quotes"'
    assert (first["level"], first["logger"]) == ("INFO", "sorteos_actors.x")
    assert first["time"].endswith("+00:00")
    assert "ValueError: why" in second["exception"]


def test_half_a_surrogate_pair_does_not_lose_the_line(capsys: Capture) -> None:
    logs.set_up("json", "INFO")
    logging.getLogger("x").info("from outside: %s", "\ud83d")
    assert json.loads(capsys.readouterr().err)["message"] == "from outside: \\ud83d"


def test_a_pretty_line_cannot_be_forged_nor_steer_the_terminal(capsys: Capture) -> None:
    logs.set_up("pretty", "INFO")
    logging.getLogger("x").info("hello %s", "a\nERROR b \x1b[31m ñ \u202e")
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("x: hello a\\nERROR b \\x1b[31m ñ \\u202e")


def test_the_level_is_kept_also_by_talkative_libraries(capsys: Capture) -> None:
    logs.set_up("pretty", "INFO")
    logging.getLogger("x").debug("no")
    logging.getLogger("httpx").info("no")
    logging.getLogger("httpx").warning("yes")
    assert [line.split()[-1] for line in capsys.readouterr().err.splitlines()] == ["yes"]


def test_set_up_twice_says_everything_once(capsys: Capture) -> None:
    logs.set_up("pretty", "INFO")
    logs.set_up("pretty", "INFO")
    logging.getLogger("x").info("once")
    assert capsys.readouterr().err.count("once") == 1
