"""Money that comes when nobody waits for it any more, while node after node is killed with -9.

Each buyer begins to pay and stays away until their reservation has ended. Then their bank takes the
money all the same, and says so to whichever node listens. By then a third of the numbers has been sold
to others, a third is held by others, a third is free. Every payment must end by itself: its numbers
sold, or its money back.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import msgspec
import trio

from sorteos_actors.errors import StoreUnavailable
from sorteos_actors.payments.house import sandbox_secret
from sorteos_actors.payments.sandbox_ledger import SandboxCharge, SandboxMode
from sorteos_actors.payments.sandbox_store import PostgresLedger
from sorteos_actors.payments.sandbox_webhooks import HEADER, dues, sealed
from sorteos_actors.store.audits import PostgresAudits
from sorteos_actors.store.pool import Pool
from tests.chaos.cluster import Cluster, Node
from tests.chaos.doors import ANSWER_SECONDS, Person, label
from tests.chaos.faults import Hurt, kill_node
from tests.chaos.http import open_http
from tests.chaos.judge import Violation, judge_logs
from tests.integration.server_process import SECRET

AT_ONCE: Final = 24
LOOK_SECONDS: Final = 0.2
REST_SECONDS: Final = 180.0
"""Longer than the lease of a cashier that died, and the longest pause between two looks."""
_PRICE: Final = 100_000

_ENDED: Final = """
SELECT count(*) FROM payments AS p JOIN reservations AS v
    ON v.raffle_id = p.raffle_id AND v.id = p.reservation_id
WHERE p.id = ANY($1) AND p.cancelled AND NOT p.live AND v.ended_at IS NOT NULL
"""
_AT_REST: Final = """
SELECT count(*) FROM payments
WHERE id = ANY($1) AND next_check_at IS NULL AND captured > 0 AND applied IS NOT NULL
    AND (applied = 'sold' OR refunded = captured)
"""
_ENDS: Final = """
SELECT p.id, p.applied, p.applied_why, p.captured, p.refunded, p.live, p.next_check_at IS NULL AS rests,
    time_to_ms(p.updated_at) AS at,
    (SELECT count(*) FROM number_claims AS n WHERE n.raffle_id = p.raffle_id
        AND n.reservation_id = p.sold_as AND n.number = ANY(p.numbers) AND n.status = 'sold') AS has
FROM payments AS p WHERE p.id = ANY($1)
"""
_OPEN_CASES: Final = "SELECT count(*) FROM money_cases WHERE resolved_at IS NULL"
_UNREAD: Final = "SELECT count(*) FROM webhook_inbox WHERE processed_at IS NULL"


class LateOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    payments: int
    resolved: int
    sold_again: int
    sent_back: int
    kills: int
    """Nodes killed with -9 while somebody paid, waited or was paid back."""
    repeats: int
    """Requests and webhooks that had to be sent again."""
    seconds: float
    median_seconds: float
    """From the bank taking the money until its payment had its end."""
    slowest_seconds: float
    violations: list[Violation]


class LatePayments:
    """One run. Needs `asyncio_bridge.open_loop` around."""

    def __init__(self, cluster: Cluster, pool: Pool, count: int, seed: str) -> None:
        self._cluster = cluster
        self._pool = pool
        self._count = count
        self._chance = random.Random(seed)
        self._slots = trio.CapacityLimiter(AT_ONCE)
        self._raffle_id: UUID
        self._http: httpx.AsyncClient
        self._ledger: PostgresLedger
        self._begun: dict[int, UUID] = {}
        """The late payment of each number."""
        self._taken_at: dict[UUID, float] = {}
        self._kills = 0
        self._repeats = 0

    async def run(self, checkout_seconds: int) -> LateOutcome:
        """Begin, wait, pay late, and let everything come to rest; nodes die until the last has paid."""
        began = trio.current_time()
        self._raffle_id = await trio.to_thread.run_sync(
            lambda: self._cluster.nodes[0].create_raffle(
                self._count, selection_seconds=60, checkout_seconds=checkout_seconds
            )
        )
        async with (
            open_http(ANSWER_SECONDS, 2 * AT_ONCE) as self._http,
            trio.open_nursery() as nursery,
        ):
            self._ledger = PostgresLedger(self._pool, nursery)
            for node in self._cluster.nodes:
                nursery.start_soon(self._kill, node)
            await self._for_each(self._begin_to_pay)
            violations = await self._until(_ENDED, "reservations did not end")
            await self._for_each(self._pay_late)
            nursery.cancel_scope.cancel()
        await self._cluster.heal()
        violations += await self._rest()
        return await self._outcome(trio.current_time() - began, violations)

    async def _for_each(self, act: Callable[[int], Awaitable[None]]) -> None:
        async def one(number: int) -> None:
            async with self._slots:
                await act(number)

        async with trio.open_nursery() as nursery:
            for number in range(self._count):
                nursery.start_soon(one, number)

    async def _kill(self, node: Node) -> None:
        """Again and again, at any instant of its life; the others die when they do."""
        while True:
            await trio.sleep(self._chance.uniform(0, 4))
            self._kills += 1
            await kill_node(Hurt(self._cluster, node, self._chance.uniform(0, 0.5), self._chance))
            await self._cluster.until_ready(node)

    # -- people --------------------------------------------------------------------------------------

    async def _begin_to_pay(self, number: int) -> None:
        """Until there is a payment that waits for its buyer, who never comes."""
        while number not in self._begun:
            payment = await self._try_to_pay(number, SandboxMode.ABANDONED)
            # A node may have died before it asked the bank: then there is nothing that could be paid.
            if payment is not None and await self._is_known(UUID(payment["id"])):
                self._begun[number] = UUID(payment["id"])

    async def _pay_late(self, number: int) -> None:
        if number % 3 == 0:
            await self._buy(number)
        elif number % 3 == 1:
            await self._hold(number, self._person())
        payment_id = self._begun[number]
        charge = await self._take_money(payment_id)
        self._taken_at[payment_id] = time.time()
        await self._tell(charge)

    async def _buy(self, number: int) -> None:
        """Somebody else has the number now."""
        payment = None
        while payment is None or payment["status"] != "paid":
            payment = await self._try_to_pay(number, SandboxMode.APPROVE)

    async def _try_to_pay(self, number: int, mode: SandboxMode) -> dict[str, Any] | None:
        """None when the reservation ended before its payment had begun."""
        person = self._person()
        reservation_id = await self._hold(number, person)
        path = f"/reservations/{reservation_id}"
        await self._insist("POST", f"{path}/move-to-checkout", person)
        asked = {"provider": "sandbox", "options": {"mode": mode.value}}
        while True:
            answer = await self._insist("POST", f"{path}/payments", person, asked)
            payment: dict[str, Any] | None = answer.json().get("payment")
            is_undecided = payment is not None and payment["status"] in ("starting", "authorised")
            if not is_undecided:
                return payment
            await trio.sleep(LOOK_SECONDS)

    async def _hold(self, number: int, person: Person) -> UUID:
        """Until the number is theirs: who had it may not have lost it yet."""
        width = len(str(self._count - 1))
        body = {"raffle_id": str(self._raffle_id), "number_ids": [label(number, width)]}
        while True:
            answer = await self._insist("POST", "/reservations", person, body)
            if answer.status_code == 201:
                return UUID(answer.json()["reservation"]["id"])
            assert answer.json()["code"] == "numbers_taken", answer.text
            await trio.sleep(LOOK_SECONDS)

    @staticmethod
    def _person() -> Person:
        return Person.of(uuid4(), int(time.time()))

    async def _insist(
        self, method: str, path: str, person: Person, body: object = None
    ) -> httpx.Response:
        """The definite answer of some node, under one key."""
        headers = {"Authorization": f"Bearer {person.token}", "Idempotency-Key": "once"}
        while True:
            url = f"{self._somewhere()}/api/v1{path}"
            try:
                answer = await self._http.request(method, url, json=body, headers=headers)
            except httpx.TransportError:
                pass
            else:
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer
            self._repeats += 1
            await trio.sleep(LOOK_SECONDS)

    # -- the bank ------------------------------------------------------------------------------------

    async def _is_known(self, payment_id: UUID) -> bool:
        return await self._ledger.read(payment_id) is not None

    async def _take_money(self, payment_id: UUID) -> SandboxCharge:
        def take(charge: SandboxCharge | None) -> SandboxCharge:
            assert charge is not None
            return charge if charge.captured else charge.capture()

        while True:
            try:
                return await self._ledger.change(payment_id, take)
            except StoreUnavailable:
                await trio.sleep(LOOK_SECONDS)

    async def _tell(self, charge: SandboxCharge) -> None:
        """By a webhook, until some node has accepted it."""
        secret = sandbox_secret(SECRET)
        for due in dues(charge, int(time.time() * 1000)):
            status = 0
            while status != 200:
                headers, content = sealed(due.event, secret, int(time.time() * 1000))
                assert HEADER in headers
                try:
                    url = f"{self._somewhere()}/api/v1/webhooks/sandbox"
                    answer = await self._http.post(url, content=content, headers=headers)
                    status = answer.status_code
                except httpx.TransportError:
                    status = 0
                if status != 200:
                    self._repeats += 1
                    await trio.sleep(LOOK_SECONDS)

    def _somewhere(self) -> str:
        return self._chance.choice(self._cluster.urls)

    # -- the end -------------------------------------------------------------------------------------

    async def _until(self, question: str, complaint: str) -> list[Violation]:
        """Wait until it is true of every late payment."""
        give_up = trio.current_time() + REST_SECONDS
        ids = list(self._begun.values())
        while (count := await self._ask(question, ids)) < self._count:
            if trio.current_time() > give_up:
                return [Violation("late_payments", f"{self._count - count} {complaint}")]
            await trio.sleep(LOOK_SECONDS)
        return []

    async def _ask(self, question: str, *arguments: object) -> int:
        while True:
            try:
                return int(await self._pool.value(question, *arguments))
            except StoreUnavailable:
                await trio.sleep(LOOK_SECONDS)

    async def _rest(self) -> list[Violation]:
        found = await self._until(_AT_REST, "payments have no end")
        for question, what in ((_OPEN_CASES, "cases are open"), (_UNREAD, "webhooks are unread")):
            count = await self._ask(question)
            if count:
                found.append(Violation("late_payments", f"{count} {what}"))
        for name, rows in (await PostgresAudits(self._pool).ask()).items():
            found.append(Violation("audit", f"{name}: {rows}"))
        return found + judge_logs(self._cluster.nodes)

    async def _outcome(self, seconds: float, violations: list[Violation]) -> LateOutcome:
        rows = await self._pool.rows(_ENDS, list(self._begun.values()))
        sold = sent_back = 0
        took: list[float] = []
        for row in rows:
            is_kept = row["captured"] == _PRICE and row["refunded"] == 0
            is_sold = row["applied"] == "sold" and is_kept and row["has"] == 1
            is_back = row["applied"] == "refused" and row["captured"] == row["refunded"] == _PRICE
            if not (is_sold or is_back) or row["live"] or not row["rests"]:
                violations.append(Violation("late_payments", f"unresolved: {row}"))
            sold += is_sold
            sent_back += is_back
            took.append(row["at"] / 1000 - self._taken_at[row["id"]])
        return LateOutcome(
            payments=self._count,
            resolved=sold + sent_back,
            sold_again=sold,
            sent_back=sent_back,
            kills=self._kills,
            repeats=self._repeats,
            seconds=round(seconds, 1),
            median_seconds=round(statistics.median(took), 2),
            slowest_seconds=round(max(took), 2),
            violations=violations,
        )
