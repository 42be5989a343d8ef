"""The words for closing, as the contract has them."""

from __future__ import annotations

import pytest

from sorteos_actors.protocol.close_codes import CLOSE_CODES, CloseCode, may_reconnect


def test_the_table_is_the_one_of_the_contract() -> None:
    assert {close.code: close.may_reconnect for close in CLOSE_CODES} == {
        1001: True,
        1012: True,
        1013: True,
        4400: False,
        4401: False,
        4403: False,
        4404: False,
        4408: True,
        4429: True,
    }


def test_every_code_has_a_name_of_its_own_and_a_reason_that_fits_a_close_frame() -> None:
    assert len({close.code for close in CLOSE_CODES}) == len(CLOSE_CODES)
    assert len({close.name for close in CLOSE_CODES}) == len(CLOSE_CODES)
    assert all(0 < len(close.reason.encode()) <= 123 for close in CLOSE_CODES)


@pytest.mark.parametrize("close", CLOSE_CODES, ids=lambda close: close.name)
def test_a_client_finds_in_the_table_whether_to_come_back(close: CloseCode) -> None:
    assert may_reconnect(close.code) is close.may_reconnect


@pytest.mark.parametrize(("code", "comes_back"), [(1000, True), (1006, True), (4499, False)])
def test_codes_of_others_follow_the_rule_below_4400(code: int, comes_back: bool) -> None:
    assert may_reconnect(code) is comes_back
