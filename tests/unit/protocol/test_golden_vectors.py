"""The bytes of tests/golden, written and read: other people's clients are tested with the same."""

from __future__ import annotations

from typing import Any

import pytest

from sorteos_actors.protocol import board
from tests.unit.protocol.golden import cells_of, golden


def name_of(vector: dict[str, Any]) -> str:
    return str(vector["name"])


@pytest.mark.parametrize("vector", golden("snapshots", "vectors"), ids=name_of)
def test_snapshots_are_written_as_the_golden_ones(vector: dict[str, Any]) -> None:
    cells = cells_of(vector["runs"])
    written = board.snapshots(board.pack(cells), len(cells), vector["epoch"], vector["seq"])
    assert len(cells) == vector["number_count"]
    if "raw" in vector:
        assert [frame.hex() for frame in written] == vector["raw"]
    else:  # Too long to keep: the cells are compared through the reader.
        assert b"".join(board.read_snapshot(frame).cells for frame in written) == cells


@pytest.mark.parametrize(
    ("vector", "how"),
    [(v, how) for v in golden("snapshots", "vectors") for how in ("raw", "deflated") if how in v],
    ids=lambda value: value if isinstance(value, str) else name_of(value),
)
def test_golden_snapshots_are_read_as_what_they_say(vector: dict[str, Any], how: str) -> None:
    blocks = [board.read_snapshot(bytes.fromhex(frame)) for frame in vector[how]]
    assert b"".join(block.cells for block in blocks) == cells_of(vector["runs"])
    assert [block.first_index for block in blocks] == [65_536 * n for n in range(len(blocks))]
    assert {(block.epoch, block.seq) for block in blocks} == {(vector["epoch"], vector["seq"])}


@pytest.mark.parametrize("vector", golden("deltas", "vectors"), ids=name_of)
def test_deltas_are_written_and_read_as_the_golden_ones(vector: dict[str, Any]) -> None:
    changes = dict(vector["changes"])
    position = (vector["epoch"], vector["seq_from"], vector["seq_to"])
    assert board.delta(*position, changes).hex() == vector["frame"]
    assert board.delta(*position, dict(reversed(changes.items()))).hex() == vector["frame"]
    read = board.read_delta(bytes.fromhex(vector["frame"]))
    assert (read.epoch, read.seq_from, read.seq_to) == position
    assert read.changes == changes


@pytest.mark.parametrize("vector", golden("snapshots", "refused"), ids=name_of)
def test_what_is_not_exactly_a_snapshot_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="snapshot"):
        board.read_snapshot(bytes.fromhex(vector["frame"]))


@pytest.mark.parametrize("vector", golden("deltas", "refused"), ids=name_of)
def test_what_is_not_exactly_a_delta_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"delta|varint"):
        board.read_delta(bytes.fromhex(vector["frame"]))


def test_a_client_follows_the_golden_conversation_step_by_step() -> None:
    client = board.BoardClient()
    for number, step in enumerate(golden("client", "steps")):
        changed = client.receive(bytes.fromhex(step["frame"]))
        outcome = "applied" if changed else "resume" if client.needs_resume else "ignored"
        assert outcome == step["outcome"], number
        assert (client.epoch, client.seq) == (step["epoch"], step["seq"]), number
        assert "".join(map(str, client.cells)) == step["cells"], number
