"""The truth monitor, the sandbox's charges and the short codes, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
import trio

from sorteos_actors import asyncio_bridge
from sorteos_actors.clock import ServerClock
from sorteos_actors.payments.answered_cases import AnsweredCases
from sorteos_actors.payments.audit import Auditor
from sorteos_actors.payments.sandbox_ledger import SandboxCharge, SandboxMode
from sorteos_actors.payments.sandbox_store import PostgresLedger
from sorteos_actors.payments.sinpe_code import codes
from sorteos_actors.payments.sinpe_store import PostgresCodes
from sorteos_actors.store.audits import QUESTIONS, PostgresAudits
from sorteos_actors.store.payment_desk import PostgresDesk
from sorteos_actors.store.payment_store import PostgresPayments
from sorteos_actors.store.pool import Pool, open_pool

RAFFLE, PAYMENT, HOLD = (UUID(int=n) for n in (0xE0, 0xCA, 0xF1))
_PAYMENT = """
INSERT INTO payments (raffle_id, id, reservation_id, user_id, provider, account, amount, currency,
    numbers, unit_price{more})
VALUES ($1, $2, $3, $2, 'sandbox', 'sandbox', 100, 'CRC', '{{7}}', 100{values})
"""

# What no commit of ours ever leaves behind. The ledger refuses to be changed, so what can be wrong about it
# is only something that it lacks.
_RAFFLE_ROW = """
INSERT INTO raffles (id, organizer_id, title, description, number_count, price, currency, status,
    max_numbers_per_user, selection_ms, checkout_ms, extension_ms, extensions_per_phase, max_hold_ms)
VALUES ($1, $1, 'x', '', 100, 100, 'CRC', 'active', 10, 1, 1, 1, 1, 1)
"""
_HOLD_ROW = """
INSERT INTO reservations (raffle_id, id, user_id, phase, unit_price, numbers, created_at, expires_at,
    extensions_used, ended_at, payment_id)
VALUES ($1, $3, $3, 'completed', 100, '{7}', now(), now(), 0, now(), $2)
"""
_SOLD_ROW = """
INSERT INTO number_claims (raffle_id, number, status, user_id, reservation_id)
VALUES ($1, 7, 'sold', $2, $2)
"""


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with asyncio_bridge.open_loop(), open_pool(database_url) as pool:
        yield pool


async def payment(pool: Pool, more: str = "", values: str = "") -> None:
    await pool.value(_PAYMENT.format(more=more, values=values), RAFFLE, PAYMENT, HOLD)


async def money_that_the_ledger_does_not_know(pool: Pool) -> None:
    await payment(pool, ", captured", ", 100")


async def a_ledger_without_its_sale(pool: Pool) -> None:
    await pool.value(
        "INSERT INTO ledger_transfers (raffle_id, debit, credit, amount, currency, payment_id, kind,"
        " total) VALUES ($1, 'suspense', 'sales', 100, 'CRC', $2, 'sold', 100)",
        RAFFLE,
        PAYMENT,
    )


async def a_live_payment_without_its_numbers(pool: Pool) -> None:
    await payment(pool, ", live", ", true")


async def money_that_nobody_sends_back(pool: Pool) -> None:
    await payment(
        pool,
        ", applied, applied_at, captured",
        ", 'refused', now() - interval '5 minutes', 100",
    )


async def a_case_past_its_deadline(pool: Pool) -> None:
    await pool.value(
        "INSERT INTO money_cases (id, kind, amount, currency, owner, deadline)"
        " VALUES ($1, 'stuck', 1, 'CRC', 'admin', now() - interval '1 minute')",
        uuid4(),
    )


async def numbers_sold_for_nothing(pool: Pool) -> None:
    await pool.value(_RAFFLE_ROW, RAFFLE)
    await pool.value(_HOLD_ROW, RAFFLE, PAYMENT, HOLD)
    await pool.value(_SOLD_ROW, RAFFLE, HOLD)


@pytest.mark.parametrize(
    ("breaks", "found"),
    [
        (money_that_the_ledger_does_not_know, "ledger_knows_all_money"),
        (a_ledger_without_its_sale, "sales_are_the_price_of_what_is_sold"),
        (a_live_payment_without_its_numbers, "no_number_is_free_whose_money_may_come"),
        (money_that_nobody_sends_back, "money_that_bought_nothing_is_on_its_way_back"),
        (a_case_past_its_deadline, "no_case_waits_past_its_deadline"),
        (numbers_sold_for_nothing, "sold_numbers_have_a_payment_that_bought_them"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_untrue_of_the_money_is_found_and_remembered(
    pool: Pool, breaks: object, found: str
) -> None:
    audits = PostgresAudits(pool)
    cases = AnsweredCases(PostgresPayments(pool), PostgresDesk(pool), ServerClock())
    auditor = Auditor(audits, cases)
    assert await auditor.audit() == {}
    clean = await auditor.latest()
    assert clean.clean_at == clean.answered_at is not None
    await breaks(pool)  # type: ignore[operator]
    assert found in await auditor.audit()
    after = await auditor.latest()
    assert found in after.findings
    assert after.clean_at == clean.clean_at


async def test_a_ledger_cannot_be_unbalanced(pool: Pool) -> None:
    """Each row moves one amount from one account to another, so there is no row that could do it."""
    await a_ledger_without_its_sale(pool)
    assert "ledger_sums_to_nothing" in QUESTIONS
    assert await pool.rows(QUESTIONS["ledger_sums_to_nothing"]) == []


async def test_one_node_audits_at_a_time(pool: Pool) -> None:
    audits = PostgresAudits(pool)
    claims: list[bool] = []

    async def claim() -> None:
        claims.append(await audits.claim(60_000))

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(claim)
    assert sorted(claims) == [False, False, False, False, True]
    assert await audits.claim(0)


async def test_a_charge_of_the_sandbox_loses_no_change_of_many_at_once(
    pool: Pool, nursery: trio.Nursery
) -> None:
    ledger = PostgresLedger(pool, nursery)
    payment_id = uuid4()

    def look(before: SandboxCharge | None) -> SandboxCharge:
        charge = before or SandboxCharge(
            payment_id=payment_id,
            mode=SandboxMode.APPROVE,
            amount=100,
            currency="CRC",
            created_at=1,
        )
        return SandboxCharge(
            **{name: getattr(charge, name) for name in charge.__struct_fields__}
            | {"looks": charge.looks + 1, "keys": charge.keys | {str(charge.looks)}}
        )

    assert await ledger.read(payment_id) is None
    async with trio.open_nursery() as lookers:
        for _ in range(8):
            lookers.start_soon(ledger.change, payment_id, look)
    charge = await ledger.read(payment_id)
    assert charge is not None
    assert (charge.looks, len(charge.keys)) == (8, 8)


async def test_no_two_payments_get_one_code(pool: Pool) -> None:
    taken = PostgresCodes(pool)
    first, second = uuid4(), uuid4()
    code = await taken.take(first, codes(first))
    assert await taken.take(first, codes(first)) == code
    assert await taken.take(second, codes(first)) not in (code, "")
    assert await taken.take(first, codes(second)) == code
    answers: list[str] = []
    third = uuid4()

    async def take() -> None:
        answers.append(await taken.take(third, codes(third)))

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(take)
    assert len(set(answers)) == 1


async def test_a_code_is_anothers_after_some_months(pool: Pool) -> None:
    taken = PostgresCodes(pool)
    first, second = uuid4(), uuid4()
    code = await taken.take(first, codes(first))
    await pool.value("UPDATE sinpe_codes SET taken_at = now() - interval '61 days'")
    assert await taken.take(second, codes(first)) == code
