"""What clients may say, and that everything else is a `BadMessage` and never anything worse."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from sorteos_actors.protocol import messages
from sorteos_actors.protocol.decode import (
    MAX_INTEGER,
    MAX_MESSAGE_BYTES,
    BadMessage,
    decode,
)

HOLD = "6f1c2d3e-4a5b-4c6d-8e7f-001122334455"
HOLD_ID = UUID(HOLD)
SAID: list[tuple[dict[str, Any], messages.ClientMessage]] = [
    ({"type": "auth", "ref": 1, "token": "a.b.c"}, messages.Auth(1, "a.b.c")),
    (
        {"type": "reserve", "ref": "r", "reservation_id": HOLD, "numbers": ["07", "21"]},
        messages.Reserve("r", HOLD_ID, ["07", "21"]),
    ),
    (
        {"type": "quick_pick", "ref": 2, "reservation_id": HOLD, "count": 3},
        messages.QuickPick(2, HOLD_ID, 3),
    ),
    (
        {
            "type": "quick_pick",
            "ref": 2,
            "reservation_id": HOLD,
            "count": 100,
            "filter": {"starts_with": "1", "ends_with": "2", "contains": "3"},
        },
        messages.QuickPick(2, HOLD_ID, 100, messages.Filter("1", "2", "3")),
    ),
    (
        {"type": "add", "ref": 3, "reservation_id": HOLD, "numbers": ["08"]},
        messages.Add(3, HOLD_ID, ["08"]),
    ),
    (
        {"type": "remove", "ref": 4, "reservation_id": HOLD, "numbers": ["08"]},
        messages.Remove(4, HOLD_ID, ["08"]),
    ),
    (
        {"type": "swap", "ref": 5, "reservation_id": HOLD, "give": ["07"], "take": ["09"]},
        messages.Swap(5, HOLD_ID, ["07"], ["09"]),
    ),
    ({"type": "cancel", "ref": 6, "reservation_id": HOLD}, messages.Cancel(6, HOLD_ID)),
    ({"type": "checkout", "ref": 7, "reservation_id": HOLD}, messages.Checkout(7, HOLD_ID)),
    (
        {
            "type": "extend",
            "ref": 8,
            "reservation_id": HOLD,
            "expires_at": "2027-01-15T08:00:00.000Z",
        },
        messages.Extend(8, HOLD_ID, "2027-01-15T08:00:00.000Z"),
    ),
    (
        {"type": "resume", "ref": 9, "epoch": 4_294_967_295, "seq": MAX_INTEGER},
        messages.Resume(9, 4_294_967_295, MAX_INTEGER),
    ),
    ({"type": "ping", "t0": 12.5}, messages.Ping(12.5)),
    ({"type": "ping", "t0": "early", "ref": "p"}, messages.Ping("early", "p")),
    ({"type": "ping"}, messages.Ping()),
]
RESERVE = SAID[1][0]


def said(**changes: Any) -> str:
    """A valid `reserve`, changed."""
    return json.dumps(RESERVE | changes)


def refused(data: str | bytes) -> BadMessage:
    with pytest.raises(BadMessage) as caught:
        decode(data)
    assert 0 < len(caught.value.reason) <= 200
    caught.value.reason.encode()
    return caught.value


@pytest.mark.parametrize(("value", "message"), SAID, ids=lambda v: str(v)[:40])
def test_each_message_of_the_contract_is_understood_as_text_and_as_bytes(
    value: dict[str, Any], message: messages.ClientMessage
) -> None:
    assert decode(json.dumps(value)) == message
    assert decode(json.dumps(value, ensure_ascii=False).encode()) == message


@pytest.mark.parametrize(("value", "message"), SAID, ids=lambda v: str(v)[:40])
def test_fields_we_do_not_know_are_ignored(
    value: dict[str, Any], message: messages.ClientMessage
) -> None:
    assert decode(json.dumps(value | {"later": [{"a": 1.5}], "ñ": None})) == message


@pytest.mark.parametrize(
    ("value", "field"),
    [(v, field) for v, _ in SAID for field in v if field not in ("filter", "t0", "type")],
    ids=lambda v: v if isinstance(v, str) else v["type"],
)
def test_without_one_of_its_fields_a_message_is_refused(value: dict[str, Any], field: str) -> None:
    rest = {key: v for key, v in value.items() if key != field}
    if value["type"] == "ping":
        assert isinstance(decode(json.dumps(rest)), messages.Ping)
        return
    error = refused(json.dumps(rest))
    assert field in error.reason
    assert error.ref == rest.get("ref")


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "confirm"},
        {"type": "Reserve"},
        {"type": ""},
        {"type": None},
        {"type": 1},
        {"type": ["reserve"]},
        {"type": {"reserve": 1}},
        {"reservation_id": "not a uuid"},
        {"reservation_id": HOLD[:-1]},
        {"reservation_id": 7},
        {"reservation_id": None},
        {"numbers": []},
        {"numbers": ["07"] * 101},
        {"numbers": ["0" * 17]},
        {"numbers": [7]},
        {"numbers": [None]},
        {"numbers": "07"},
        {"numbers": {"07": True}},
        {"numbers": None},
    ],
    ids=str,
)
def test_a_wrong_field_is_a_refusal_that_names_the_message(wrong: dict[str, Any]) -> None:
    assert refused(said(**wrong)).ref == "r"


@pytest.mark.parametrize("count", [0, -1, 101, 7.0, True, "7", None, [7]])
def test_a_count_is_a_whole_number_from_1_to_100_and_nothing_like_it(count: object) -> None:
    value = {"type": "quick_pick", "ref": 2, "reservation_id": HOLD, "count": count}
    assert refused(json.dumps(value)).ref == 2


@pytest.mark.parametrize("part", ["starts_with", "ends_with", "contains"])
@pytest.mark.parametrize("wrong", ["1" * 17, 1, None])
def test_a_part_of_a_filter_is_a_short_text(part: str, wrong: object) -> None:
    value = {"type": "quick_pick", "ref": 2, "reservation_id": HOLD, "count": 1}
    assert refused(json.dumps(value | {"filter": {part: wrong}})).ref == 2


@pytest.mark.parametrize("expires_at", ["", "soon", "2027-01-15T08:00:00", 1_800_000_000_000, None])
def test_the_deadline_that_a_client_sees_is_a_time(expires_at: object) -> None:
    value = {"type": "extend", "ref": 8, "reservation_id": HOLD, "expires_at": expires_at}
    error = refused(json.dumps(value))
    assert (error.ref, "expires_at" in error.reason) == (8, True)


@pytest.mark.parametrize("ref", ["x" * 65, 1.0, True, None, [1], {"a": 1}])
def test_a_ref_that_cannot_be_echoed_is_no_ref(ref: object) -> None:
    assert refused(said(ref=ref)).ref is None


@pytest.mark.parametrize("ref", ["", "x" * 64, "ñ", 0, -1, MAX_INTEGER, -MAX_INTEGER])
def test_a_ref_is_a_short_text_or_a_whole_number(ref: str | int) -> None:
    assert decode(said(ref=ref)) == messages.Reserve(ref, HOLD_ID, ["07", "21"])
    assert refused(said(ref=ref, numbers=[])).ref == ref


@pytest.mark.parametrize("t0", [True, [1], {"a": 1}])
def test_only_a_number_or_a_text_comes_back_with_a_pong(t0: object) -> None:
    assert refused(json.dumps({"type": "ping", "ref": 1, "t0": t0})).ref == 1


@pytest.mark.parametrize(
    "data",
    [
        "",
        " ",
        "{",
        "null",
        "7",
        '"reserve"',
        "[]",
        '[{"type":"ping"}]',
        '{"type":"ping"}{"type":"ping"}',
        '{"type":"ping"},',
        "{'type':'ping'}",
        '{"type":"ping",}',
        '\ufeff{"type":"ping"}',
        '{"type":"ping","t0":"a\nb"}',
        '{"type":"ping","t0":01}',
        b'\xff\xfe{"type":"ping"}',
        b'{"type":"ping","t0":"\xff"}',
        b'{"type":"ping","t0":"\xed\xa0\x80"}',
        b'{"type":"ping","t0":"\xc0\x80"}',
        '{"type":"ping"}'.encode("utf-16"),
    ],
    ids=repr,
)
def test_what_is_not_one_json_object_in_utf8_is_refused_without_a_ref(data: str | bytes) -> None:
    assert refused(data).ref is None


@pytest.mark.parametrize(
    "data",
    [
        '{"type":"ping","ref":1,"type":"ping"}',
        '{"type":"ping","ref":1,"ref":2}',
        '{"type":"ping","x":{"a":1,"a":1}}',
        '{"type":"ping","x":[[{"a":1,"\\u0061":2}]]}',
    ],
)
def test_a_key_that_stands_there_twice_is_refused_wherever_it_is(data: str) -> None:
    assert "twice" in refused(data).reason


@pytest.mark.parametrize(
    "number",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1e999",
        str(MAX_INTEGER + 1),
        str(-MAX_INTEGER - 1),
        "9" * 17,
        "9" * 5000,
        "-" + "9" * 5000,
        "1" * 5000 + ".5",
    ],
    ids=lambda text: text[:20],
)
@pytest.mark.parametrize("place", ['"t0":{}', '"x":[{}]', '"x":{{"y":{}}}', '"ref":{}'])
def test_a_number_that_is_none_or_too_large_is_refused_wherever_it_is(
    number: str, place: str
) -> None:
    assert refused('{"type":"ping",' + place.format(number) + "}").ref is None


@pytest.mark.parametrize(
    "text",
    [
        r"\ud800",
        r"\udc00",
        r"a\udfffb",
        r"\udc00\ud800",
        r"\ud83d\u0041",
        r"\u0000",
        r"a\u0000",
        "\ud800",
    ],
    ids=ascii,
)
@pytest.mark.parametrize(
    "place", ['"t0":"{}"', '"ref":"{}"', '"{}":1', '"x":["{}"]', '"x":{{"{}":[]}}']
)
def test_lone_surrogates_and_nul_are_refused_wherever_they_are(text: str, place: str) -> None:
    assert refused('{"type":"ping",' + place.format(text) + "}").ref is None


@pytest.mark.parametrize("text", [r"\ud83c\udf89", "🎉", r"\u00f1", r"\\u0000", r"\\ud800"])
def test_texts_that_only_look_like_those_are_fine(text: str) -> None:
    message = decode('{"type":"ping","t0":"' + text + '"}')
    assert isinstance(message, messages.Ping)
    assert message.t0 == json.loads(f'"{text}"')


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_eight_levels_are_enough_for_everybody(opening: str, closing: str) -> None:
    def nested(levels: int) -> str:
        inside = levels - 1
        return '{"type":"ping","x":' + opening * inside + "1" + closing * inside + "}"

    assert decode(nested(8)) == messages.Ping()
    assert "deep" in refused(nested(9)).reason


@pytest.mark.parametrize("data", ["[" * 16_000, '{"a":' * 3_000, '{"a":[' * 2_500])
def test_a_tower_of_brackets_is_refused_and_does_not_exhaust_the_stack(data: str) -> None:
    assert refused(data).ref is None


def test_a_message_may_have_16_kib_and_not_a_byte_more() -> None:
    frame = '{"type":"ping","t0":""}'
    fits = MAX_MESSAGE_BYTES - len(frame)
    assert decode(frame[:-2] + "x" * fits + '"}') == messages.Ping("x" * fits)
    assert "large" in refused(frame[:-2] + "x" * (fits + 1) + '"}').reason


def test_size_counts_bytes_also_when_the_message_comes_as_text() -> None:
    assert "large" in refused('{"type":"ping","t0":"' + "ñ" * 9_000 + '"}').reason
