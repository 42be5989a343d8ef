"""What bots add up."""

from __future__ import annotations

import io

from rich.console import Console

from sorteos_actors.terminal.tally import Tally, percentile


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([7.0], 0.5) == 7.0
    assert percentile([1.0, 2.0, 3.0], 0.5) == 2.0


def test_refusals_are_counted_by_code_and_their_latency_counts_too() -> None:
    tally = Tally()
    tally.reply("reserve", 0.010, {"ok": True})
    tally.reply("reserve", 0.030, {"ok": False, "error": {"code": "numbers_taken"}})
    tally.events["reservations"] += 1
    told = tally.as_json(2.0)
    assert told["answers"] == 2
    assert told["answers_per_second"] == 1.0
    assert told["reservations"] == 1
    assert told["conflicts"] == 1
    assert told["errors"] == {"numbers_taken": 1}
    assert told["latency_ms"]["all"] == {
        "p50": 10.0,
        "p95": 30.0,
        "p99": 30.0,
        "max": 30.0,
        "count": 2,
    }


def test_nothing_at_all_is_told_without_failing() -> None:
    tally = Tally()
    assert tally.as_json(0)["latency_ms"] == {}
    assert "0 reservations" in tally.line(0)
    assert len(tally.tables(0)) == 2


def test_the_tables_name_every_action_and_every_refusal() -> None:
    tally = Tally()
    tally.reply("swap", 0.001, {"ok": False, "error": {"code": "numbers_taken"}})
    console = Console(file=io.StringIO(), width=100, color_system=None)
    with console.capture() as capture:
        for table in tally.tables(1.0):
            console.print(table)
    assert "swap" in capture.get()
    assert "refused: numbers_taken" in capture.get()
