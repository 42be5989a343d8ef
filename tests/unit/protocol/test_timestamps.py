"""Times on the wire."""

from __future__ import annotations

import pytest

from sorteos_actors.protocol.timestamps import parse_rfc3339, rfc3339


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_800_000_000_000, "2027-01-15T08:00:00.000Z"),
        (951_782_400_007, "2000-02-29T00:00:00.007Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
    ],
)
def test_a_time_is_utc_with_milliseconds_and_reads_back(at: int, text: str) -> None:
    assert rfc3339(at) == text
    assert parse_rfc3339(text) == at


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2027-01-15T02:00:00-06:00", "2027-01-15T08:00:00Z"),
        ("2027-01-15T13:30:00.5+05:30", "2027-01-15T08:00:00.500Z"),
        ("2027-01-15t08:00:00z", "2027-01-15T08:00:00Z"),
        ("2027-01-15T08:00:00.1239Z", "2027-01-15T08:00:00.123Z"),
        ("2027-01-15T08:00:00.123999999Z", "2027-01-15T08:00:00.123Z"),
        ("2027-01-15T08:00:00-00:00", "2027-01-15T08:00:00Z"),
    ],
)
def test_other_zones_and_fractions_name_the_same_instant(text: str, same: str) -> None:
    assert parse_rfc3339(text) == parse_rfc3339(same)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2027-01-15",
        "2027-01-15T08:00:00",
        "2027-01-15 08:00:00Z",
        "2027-01-15T08:00Z",
        "20270115T080000Z",
        "2027-W02-5T08:00:00Z",
        "2027-01-15T08:00:00,5Z",
        "2027-01-15T08:00:00.Z",
        "2027-01-15T08:00:00.1234567890Z",
        "2027-01-15T24:00:00Z",
        "2027-01-15T08:60:00Z",
        "2016-12-31T23:59:60Z",
        "2027-02-29T08:00:00Z",
        "2027-13-01T08:00:00Z",
        "0000-01-01T00:00:00Z",
        "2027-01-15T08:00:00+24:00",
        "2027-01-15T08:00:00+05:60",
        "2027-01-15T08:00:00+0530",
        "2027-01-15T08:00:00Z\n",
        " 2027-01-15T08:00:00Z",
        "٢٠٢٧-01-15T08:00:00Z",
        "9999-12-31T23:59:59-00:01",
        "0001-01-01T00:00:00+00:01",
        "2027-01-15T08:00:00Z" * 1000,
    ],
    ids=lambda text: text[:32],
)
def test_what_is_not_a_time_with_its_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_rfc3339(text)


def test_a_time_that_no_calendar_has_is_not_printed() -> None:
    with pytest.raises(OverflowError):
        rfc3339(253_402_300_800_000)
