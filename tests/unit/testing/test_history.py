"""What clients did, as it is recorded, kept and put together."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from sorteos_actors.protocol.timestamps import rfc3339
from sorteos_actors.testing.history import (
    HistoryRecorder,
    Operation,
    read_history,
    write_history,
)
from tests.builders import FIRST, NOW, OTHER


def a_recorder() -> HistoryRecorder:
    """Its clock says 0, 1, 2…"""
    ticks = count()
    return HistoryRecorder(clock=lambda: next(ticks))


def a_reply(**changes: object) -> dict[str, object]:
    reservation: dict[str, object] = {
        "phase": "selection",
        "number_ids": ["07", "08"],
        "expires_at": rfc3339(NOW),
        "expires_in_ms": 5000,
    }
    return {"type": "reply", "ok": True, "seq": 4, "reservation": reservation | changes}


def test_an_acknowledgement_is_recorded_with_what_it_showed() -> None:
    recorder = a_recorder()
    recorder.end_reply(recorder.begin("ana", "reserve", FIRST, take=[7, 8]), a_reply())
    assert recorder.operations() == [
        Operation(
            client="ana",
            kind="reserve",
            reservation_id=FIRST,
            take=(7, 8),
            invoked_at=0,
            returned_at=1,
            outcome="ok",
            phase="selection",
            numbers=(7, 8),
            expires_at=NOW,
            expires_in_ms=5000,
        )
    ]


def test_an_answer_that_speaks_of_no_reservation_says_nothing_of_numbers() -> None:
    recorder = a_recorder()
    recorder.end_reply(recorder.begin("ana", "read", FIRST), {"ok": True, "reservation": None})
    [operation] = recorder.operations()
    assert (operation.outcome, operation.numbers) == ("ok", None)


def test_a_refusal_is_recorded_with_the_numbers_in_the_way() -> None:
    recorder = a_recorder()
    error = {"code": "numbers_taken", "params": {"numbers": ["08"]}}
    recorder.end_reply(recorder.begin("ana", "reserve", FIRST, take=[7, 8]), {"error": error})
    [operation] = recorder.operations()
    assert (operation.outcome, operation.code, operation.taken) == (
        "refused",
        "numbers_taken",
        (8,),
    )
    assert operation.returned_at == 1


def test_numbers_of_other_refusals_are_not_numbers_in_the_way() -> None:
    recorder = a_recorder()
    error = {"code": "unknown_number", "params": {"numbers": ["x"]}}
    recorder.end_reply(recorder.begin("ana", "reserve", FIRST, take=[7]), {"error": error})
    assert recorder.operations()[0].taken == ()


def test_unavailable_is_unknown_and_so_is_what_was_never_ended() -> None:
    recorder = a_recorder()
    error = {"code": "unavailable", "params": {"retry_after_ms": 100}}
    recorder.end_reply(recorder.begin("ana", "reserve", FIRST), {"error": error})
    recorder.end_unknown(recorder.begin("ana", "cancel", FIRST))
    recorder.begin("ana", "read", FIRST)
    operations = recorder.operations()
    assert [operation.outcome for operation in operations] == ["unknown"] * 3
    assert [operation.returned_at for operation in operations] == [None] * 3
    assert [operation.code for operation in operations] == ["unavailable", "connection_lost", ""]


def test_operations_may_overlap_and_each_ends_once() -> None:
    recorder = a_recorder()
    first, second = recorder.begin("ana", "read", FIRST), recorder.begin("beto", "read", OTHER)
    recorder.end_refused(second, "not_found")
    recorder.end_ok(first)
    times = [(o.invoked_at, o.returned_at) for o in recorder.operations()]
    assert times == [(0, 3), (1, 2)]
    for index in (first, second):
        with pytest.raises(ValueError, match="ends once"):
            recorder.end_ok(index)
    lost = recorder.begin("ana", "read", FIRST)
    recorder.end_unknown(lost)
    with pytest.raises(ValueError, match="ends once"):
        recorder.end_ok(lost)


def test_an_operation_that_makes_no_sense_is_not_one() -> None:
    with pytest.raises(ValueError, match="time of return"):
        Operation(client="", kind="read", reservation_id=FIRST, invoked_at=0, outcome="ok")
    with pytest.raises(ValueError, match="time of return"):
        Operation(client="", kind="read", reservation_id=FIRST, invoked_at=0, returned_at=1)
    with pytest.raises(ValueError, match="after it was invoked"):
        Operation(
            client="", kind="read", reservation_id=FIRST, invoked_at=2, returned_at=1, outcome="ok"
        )


def test_histories_of_several_processes_become_one_in_order(tmp_path: Path) -> None:
    ticks = count()
    recorders = [HistoryRecorder(clock=lambda: next(ticks)) for _ in range(2)]
    for number in range(6):
        recorder = recorders[number % 2]
        index = recorder.begin(f"c{number}", "add", UUID(int=number), take=[number])
        if number != 3:
            recorder.end_ok(index, numbers=[number], expires_at=NOW, expires_in_ms=1)
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for path, recorder in zip(paths, recorders, strict=True):
        write_history(path, recorder.operations())
    together = read_history(*paths)
    assert [operation.client for operation in together] == [f"c{n}" for n in range(6)]
    everything = [o for recorder in recorders for o in recorder.operations()]
    assert sorted(together, key=str) == sorted(everything, key=str)


def test_no_history_is_a_history_and_nonsense_is_not(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    write_history(path, [])
    assert read_history(path) == []
    path.write_text('{"client": "ana"}\n')
    with pytest.raises(msgspec.ValidationError):
        read_history(path)


def test_people_can_read_an_operation() -> None:
    recorder = a_recorder()
    recorder.end_reply(recorder.begin("ana", "swap", FIRST, give=[9], take=[7]), a_reply())
    recorder.begin("ana", "cancel", FIRST)
    done, lost = recorder.operations()
    assert done.describe(0) == (
        "0.000000 to 0.000000 s: ana swap of …00000001 takes 7 gives 9 → ok selection has 7, 8"
        " for 5.000 s"
    )
    assert lost.describe(0) == "0.000000 to … s: ana cancel of …00000001 → unknown"
