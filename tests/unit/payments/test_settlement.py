"""What follows from the facts of a payment, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from sorteos_actors.payments.settlement import Step, next_step
from sorteos_actors.payments.status import PaymentStatus, status_of
from tests.unit.payments.builders import some_charge, some_payment

AMOUNT = some_charge().amount
RESERVED: dict[str, Any] = {"authorised": AMOUNT, "paid_currency": "CRC"}
TAKEN: dict[str, Any] = {"authorised": AMOUNT, "captured": AMOUNT, "paid_currency": "CRC"}
SOLD: dict[str, Any] = {"applied": "sold", "applied_at": 1, "sold_as": some_charge().reservation_id}
REFUSED: dict[str, Any] = {"applied": "refused", "applied_at": 1, "applied_why": "numbers_taken"}
LIVE: dict[str, Any] = {"live": True}
GONE: dict[str, Any] = {"cancelled": True}
FAILED: dict[str, Any] = {"failed_as": "card_declined"}
FREE: dict[str, Any] = {"amount": 0, "unit_price": 0, "paid_currency": "CRC"}
HALF = AMOUNT // 2
ONE_BACK: dict[str, Any] = {"returned": (7,), "refund_wanted": HALF}
ALL_BACK: dict[str, Any] = {"returned": (7, 42), "refund_wanted": AMOUNT}
OVER_ONE: dict[str, Any] = {"paid_currency": "CRC"}

ROWS: list[tuple[str, dict[str, Any], Step, PaymentStatus]] = [
    # nothing has come yet
    ("new", {}, Step.ASK, PaymentStatus.STARTING),
    ("asked for", LIVE | {"reference": "r"}, Step.ASK, PaymentStatus.PENDING),
    ("with something to do", LIVE | {"action": {"type": "wait"}}, Step.ASK, PaymentStatus.PENDING),
    ("not wanted", LIVE | {"cancel_wanted": True}, Step.CANCEL, PaymentStatus.STARTING),
    (
        "the buyer says paid",
        LIVE | {"claims_paid": True, "waits_for_person": True},
        Step.WAIT,
        PaymentStatus.REVIEW,
    ),
    (
        "the buyer says paid, and the bank can be asked",
        LIVE | {"claims_paid": True},
        Step.ASK,
        PaymentStatus.REVIEW,
    ),
    (
        "the buyer says paid, and the time is over",
        LIVE | {"claims_paid": True, "waits_for_person": True, "cancel_wanted": True},
        Step.CANCEL,
        PaymentStatus.REVIEW,
    ),
    # nothing will come
    ("declined", LIVE | FAILED, Step.END, PaymentStatus.DECLINED),
    ("declined and ended", FAILED, Step.REST, PaymentStatus.DECLINED),
    ("cancelled", LIVE | GONE, Step.END, PaymentStatus.CANCELLED),
    ("cancelled and ended", GONE, Step.REST, PaymentStatus.CANCELLED),
    ("let go after it was reserved", LIVE | RESERVED | GONE, Step.END, PaymentStatus.CANCELLED),
    # it is there, exactly
    ("reserved", LIVE | RESERVED, Step.SELL, PaymentStatus.AUTHORISED),
    ("taken", LIVE | TAKEN, Step.SELL, PaymentStatus.AUTHORISED),
    ("taken, and not wanted", LIVE | TAKEN | {"cancel_wanted": True}, Step.SELL, PaymentStatus.AUTHORISED),
    ("taken, and cancelled all the same", TAKEN | GONE, Step.SELL, PaymentStatus.LATE),
    ("taken for nobody", TAKEN, Step.SELL, PaymentStatus.LATE),
    # it is there, and wrong
    ("too much reserved", LIVE | RESERVED | {"authorised": AMOUNT + 1}, Step.CANCEL, PaymentStatus.PENDING),
    ("too little reserved", LIVE | RESERVED | {"authorised": 1}, Step.CANCEL, PaymentStatus.PENDING),
    ("too much taken", LIVE | TAKEN | {"captured": AMOUNT + 1}, Step.CASE, PaymentStatus.REVIEW),
    ("too little taken", LIVE | OVER_ONE | {"captured": 1}, Step.CASE, PaymentStatus.REVIEW),
    ("another currency", LIVE | TAKEN | {"paid_currency": "USD"}, Step.CASE, PaymentStatus.REVIEW),
    (
        "too much taken, and the rest sent back",
        LIVE | TAKEN | {"captured": AMOUNT + 1, "refunded": 1},
        Step.SELL,
        PaymentStatus.AUTHORISED,
    ),
    ("sent back unspent", LIVE | TAKEN | {"refunded": AMOUNT}, Step.END, PaymentStatus.REFUNDED),
    ("all sent back, and ended", TAKEN | {"refunded": AMOUNT}, Step.REST, PaymentStatus.REFUNDED),
    # nothing was asked for, and it is here from the first word until it is given up
    ("free", LIVE | FREE, Step.SELL, PaymentStatus.STARTING),
    ("free, and nothing said yet", LIVE | FREE | {"paid_currency": None}, Step.ASK, PaymentStatus.STARTING),
    ("free, and given up", LIVE | FREE | GONE, Step.END, PaymentStatus.CANCELLED),
    ("free, and refused", FREE | REFUSED, Step.CANCEL, PaymentStatus.CANCELLED),
    ("free, and sold", FREE | SOLD, Step.REST, PaymentStatus.PAID),
    ("free, and given back", FREE | SOLD | {"returned": (7, 42)}, Step.REST, PaymentStatus.REFUNDED),
    ("free, and one given back", FREE | SOLD | {"returned": (7,)}, Step.REST, PaymentStatus.PAID),
    # it has bought numbers
    ("sold on reserved money", SOLD | RESERVED, Step.CAPTURE, PaymentStatus.PAID),
    ("sold", SOLD | TAKEN, Step.REST, PaymentStatus.PAID),
    ("sold, and the reserved money is gone", SOLD | RESERVED | GONE, Step.CASE, PaymentStatus.PAID),
    ("sold, gone, and all came back", SOLD | RESERVED | GONE | ALL_BACK, Step.REST, PaymentStatus.REFUNDED),
    ("sold, gone, and one came back", SOLD | RESERVED | GONE | ONE_BACK, Step.CASE, PaymentStatus.PAID),
    ("one came back", SOLD | TAKEN | ONE_BACK, Step.REFUND, PaymentStatus.REFUNDING),
    ("one came back before it was taken", SOLD | RESERVED | ONE_BACK, Step.CAPTURE, PaymentStatus.PAID),
    ("all came back before it was taken", SOLD | RESERVED | ALL_BACK, Step.CANCEL, PaymentStatus.REFUNDED),
    ("one is paid back", SOLD | TAKEN | ONE_BACK | {"refunded": HALF}, Step.REST, PaymentStatus.PAID),
    ("all is paid back", SOLD | TAKEN | ALL_BACK | {"refunded": AMOUNT}, Step.REST, PaymentStatus.REFUNDED),
    ("half of it taken", SOLD | RESERVED | {"captured": HALF}, Step.CAPTURE, PaymentStatus.PAID),
    (
        "half of it taken, and all came back",
        SOLD | RESERVED | ALL_BACK | {"captured": HALF},
        Step.REFUND,
        PaymentStatus.REFUNDING,
    ),
    (
        "half of it taken and paid back",
        SOLD | RESERVED | ALL_BACK | {"captured": HALF, "refunded": HALF},
        Step.REST,
        PaymentStatus.REFUNDED,
    ),
    (
        "half of it taken, and one came back",
        SOLD | RESERVED | ONE_BACK | {"captured": HALF},
        Step.REST,
        PaymentStatus.PAID,
    ),
    (
        "more of it taken than the numbers cost that are left",
        SOLD | RESERVED | GONE | ONE_BACK | {"captured": HALF + 1},
        Step.REFUND,
        PaymentStatus.REFUNDING,
    ),
    (
        "half of it taken, and half came back",
        SOLD | RESERVED | ONE_BACK | {"captured": HALF},
        Step.REST,
        PaymentStatus.PAID,
    ),
    ("more came after the sale", SOLD | TAKEN | {"captured": AMOUNT + 1}, Step.REFUND, PaymentStatus.PAID),
    (
        "too much, and the rest is back",
        SOLD | TAKEN | {"captured": AMOUNT + 1, "refunded": 1},
        Step.REST,
        PaymentStatus.PAID,
    ),
    ("the buyer took it back", SOLD | TAKEN | {"refunded": AMOUNT}, Step.CASE, PaymentStatus.PAID),
    # it buys nothing
    ("refused while somebody waits", LIVE | REFUSED | TAKEN, Step.END, PaymentStatus.REFUNDING),
    ("refused", REFUSED | TAKEN, Step.REFUND, PaymentStatus.REFUNDING),
    ("refused and back", REFUSED | TAKEN | {"refunded": AMOUNT}, Step.REST, PaymentStatus.REFUNDED),
    ("refused and only reserved", REFUSED | RESERVED, Step.CANCEL, PaymentStatus.CANCELLED),
    ("refused before any money came", REFUSED, Step.CANCEL, PaymentStatus.CANCELLED),
    ("refused and let go", REFUSED | RESERVED | GONE, Step.REST, PaymentStatus.CANCELLED),
]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "step", "status"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_each_row_of_facts_has_one_step_and_one_word(
    facts: dict[str, Any], step: Step, status: PaymentStatus
) -> None:
    payment = some_payment(**facts)
    assert (next_step(payment), status_of(payment)) == (step, status)


def test_every_step_is_in_the_table() -> None:
    assert {step for _, _, step, _ in ROWS} == set(Step)
    assert {status for _, _, _, status in ROWS} == set(PaymentStatus)
