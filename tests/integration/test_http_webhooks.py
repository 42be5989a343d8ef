"""Webhooks at a real server: one that is not genuine changes nothing, one that is has one effect."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from sorteos_actors.embedded import EmbeddedServers
from sorteos_actors.payments import signature
from sorteos_actors.payments.house import sandbox_secret
from sorteos_actors.payments.sandbox_webhooks import HEADER as SANDBOX_HEADER
from sorteos_actors.payments.secret import Secret
from sorteos_actors.payments.sinpe_notice import HEADER as SINPE_HEADER
from sorteos_actors.testing.fake_paypal import FakePayPal, Signer
from tests.databases import fresh_database
from tests.integration.cluster import ask
from tests.integration.companies import STRIPE_HOOK, Companies, open_companies
from tests.integration.http_api import Api, problem
from tests.integration.http_people import a_crowd, created
from tests.integration.server_process import SECRET, ServerProcess
from tests.integration.test_http_payments import begin, in_checkout, payment
from tests.waiting import eventually

FORWARDER = Secret("a-secret-of-the-forwarder-of-tests")
OLD_FORWARDER = Secret("the-secret-of-the-forwarder-before")
SANDBOX = sandbox_secret(SECRET)
PHONE = "8888-7777"
STALE_MS, FUTURE_MS = -301_000, 330_000
"""The second with room for the time that the test itself takes."""

Message = tuple[dict[str, str], bytes]
PATIENT = {"checkout_seconds": 900}
"""No time runs out while a test compares what was with what is."""
PROVIDERS = ("sandbox", "stripe", "paypal")


class House:
    """A server, the companies that it deals with, and a look behind the counter."""

    def __init__(self, server: ServerProcess, companies: Companies, database: str) -> None:
        self.server = server
        self.companies = companies
        self.database = database

    def send(self, provider: str, message: Message) -> httpx.Response:
        """Deliver, as the internet does."""
        headers, body = message
        url = f"{self.server.url}/api/v1/webhooks/{provider}"
        return httpx.post(url, headers=headers, content=body, timeout=60)

    def state(self) -> str:
        """All that a webhook might change, but for who looks at a payment when.

        As it is once all that was kept has had its effect, also the messages of the test before.
        """
        eventually(lambda: ask(self.database, _IS_SETTLED))
        return str(ask(self.database, _STATE))

    def kept(self, event_id: str) -> int:
        """How often an event is in the inbox."""
        sql = "SELECT count(*) FROM webhook_inbox WHERE event_id = $1"
        return int(ask(self.database, sql, event_id))

    def processed(self, event_id: str) -> bool:
        """Whether an event has had its effect."""
        sql = "SELECT bool_and(processed_at IS NOT NULL) FROM webhook_inbox WHERE event_id = $1"
        return bool(ask(self.database, sql, event_id))

    def transfers(self, payment_id: str) -> int:
        """Entries of the ledger about a payment."""
        sql = "SELECT count(*) FROM ledger_transfers WHERE payment_id = $1"
        return int(ask(self.database, sql, UUID(payment_id)))


_IS_SETTLED = """
SELECT NOT EXISTS (SELECT FROM webhook_inbox WHERE processed_at IS NULL)
    AND NOT EXISTS (SELECT FROM payments WHERE applied = 'sold' AND captured < amount)
"""
_STATE = """
SELECT jsonb_build_object(
    'payments', (SELECT jsonb_agg(to_jsonb(t) - ARRAY[
        'next_check_at', 'attempts', 'checked_by', 'checked_until', 'version', 'updated_at'
    ] ORDER BY t.id) FROM payments AS t),
    'ledger', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.id) FROM ledger_transfers AS t),
    'refunds', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.key) FROM payment_refunds AS t),
    'reservations', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.id) FROM reservations AS t),
    'numbers', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.raffle_id, t.number) FROM number_claims AS t),
    'outbox', (SELECT jsonb_agg(to_jsonb(t) - ARRAY['attempts', 'next_at', 'done_at'] ORDER BY t.id)
        FROM outbox AS t),
    'cases', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.id) FROM money_cases AS t),
    'inbox', (SELECT jsonb_agg(to_jsonb(t) - ARRAY['attempts', 'next_at'] ORDER BY t.event_id)
        FROM webhook_inbox AS t)
)::text
"""


@pytest.fixture(scope="module")
def house(servers: EmbeddedServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server that can be paid in every way."""
    with a_house(fresh_database(servers), servers, tmp_path_factory.mktemp("house")) as found:
        yield found


@contextmanager
def a_house(database: str, servers: EmbeddedServers, folder: Path) -> Iterator[House]:
    """The server and the companies, until the block ends."""
    with open_companies(folder) as companies:
        process = ServerProcess(
            database,
            servers.redis_url or "",
            folder,
            PAYMENTS_SANDBOX="1",
            SINPE_PHONE=PHONE,
            SINPE_WEBHOOK_SECRETS=f"{OLD_FORWARDER.reveal()},{FORWARDER.reveal()}",
            **companies.environment,
        )
        process.start()
        try:
            yield House(process, companies, database)
        finally:
            process.kill()


@pytest.fixture
def people(house: House) -> Iterator[dict[str, Api]]:
    """One of each kind."""
    with a_crowd(house.server) as found:
        yield found


def waiting(house: House, people: dict[str, Api], provider: str) -> dict[str, Any]:
    """A payment whose buyer has not paid yet."""
    raffle_id = created(people["owner"], "publish", currency="USD", price=1_000, **PATIENT)
    buyer = people["guest"]
    options = {"mode": "abandoned"} if provider == "sandbox" else {}
    reservation_id = in_checkout(buyer, raffle_id, "07")
    begun = payment(begin(buyer, reservation_id, provider, **options), 201)
    assert begun["status"] == "pending"
    reference = ask(
        house.database, "SELECT reference FROM payments WHERE id = $1", UUID(begun["id"])
    )
    return {**begun, "reference": reference}


def buyer_pays(house: House, provider: str, begun: dict[str, Any]) -> None:
    """At the company."""
    if provider == "stripe":
        house.companies.stripe.pay(begun["reference"])
    else:
        house.companies.paypal.approve(begun["reference"])


def event_about(provider: str, begun: dict[str, Any], event_id: str) -> dict[str, Any]:
    """What the company would say when the buyer has paid."""
    if provider == "sandbox":
        return {
            "id": event_id,
            "account": "sandbox",
            "kind": "payment.captured",
            "reference": begun["reference"],
            "payment_id": begun["id"],
            "created_at": 0,
        }
    if provider == "stripe":
        about = {
            "id": begun["reference"],
            "object": "payment_intent",
            "metadata": {"payment_id": begun["id"]},
        }
        return {
            "id": event_id,
            "object": "event",
            "type": "payment_intent.amount_capturable_updated",
            "created": 1_700_000_000,
            "livemode": False,
            "data": {"object": about},
        }
    return {
        "id": event_id,
        "event_type": "CHECKOUT.ORDER.APPROVED",
        "resource_type": "checkout-order",
        "create_time": "2026-01-01T00:00:00Z",
        "resource": {"id": begun["reference"], "status": "APPROVED"},
    }


def sealed(
    house: House, provider: str, event: dict[str, Any], *, later_ms: int = 0, forged: bool = False
) -> Message:
    """Headers and body, signed by the company; or by somebody else who knows how it is done."""
    now = int(time.time() * 1000) + later_ms
    if provider == "paypal":
        signer = _stranger() if forged else None
        return house.companies.paypal.deliver(event, now, signer=signer)
    body = json.dumps(event).encode()
    header, secret = {
        "sandbox": (SANDBOX_HEADER, SANDBOX),
        "stripe": ("stripe-signature", STRIPE_HOOK),
        "sinpe": (SINPE_HEADER, FORWARDER),
    }[provider]
    by = Secret("somebody-elses-secret-of-32-letters") if forged else secret
    return {header: signature.sign([by], body, now), "content-type": "application/json"}, body


def _stranger() -> Signer:
    """Somebody with a key of their own."""
    stranger = Signer()
    stranger.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return stranger


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    "how",
    [{"forged": True}, {"later_ms": STALE_MS}, {"later_ms": FUTURE_MS}],
    ids=["forged", "stale", "future"],
)
def test_what_is_not_genuine_and_of_now_is_refused_and_changes_nothing(
    house: House, people: dict[str, Api], provider: str, how: dict[str, Any]
) -> None:
    begun = waiting(house, people, provider)
    event = event_about(provider, begun, f"evt_{uuid4().hex}")
    before = house.state()
    for _ in range(2):
        assert house.send(provider, sealed(house, provider, event, **how)).status_code == 400
    assert house.send(provider, ({}, json.dumps(event).encode())).status_code == 400
    headers, body = sealed(house, provider, event)
    for changed in (body + b" ", body.replace(begun["reference"].encode(), b"other"), b""):
        assert house.send(provider, (headers, changed)).status_code == 400
    assert house.state() == before
    # The very same event is believed when it is told as it should be.
    assert house.send(provider, (headers, body)).status_code == 200


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_another_company_has_signed_is_refused_and_changes_nothing(
    house: House, people: dict[str, Api], provider: str
) -> None:
    begun = waiting(house, people, provider)
    event = event_about(provider, begun, f"evt_{uuid4().hex}")
    before = house.state()
    for other in {*PROVIDERS, "sinpe"} - {provider}:
        message = sealed(house, provider, event)
        assert house.send(other, message).status_code == 400
    assert house.send("nobody", sealed(house, provider, event)).status_code == 404
    assert house.state() == before


def test_what_is_of_another_account_mode_or_webhook_is_refused_and_changes_nothing(
    house: House, people: dict[str, Api]
) -> None:
    begun = {name: waiting(house, people, name) for name in PROVIDERS}
    events = {name: event_about(name, begun[name], f"evt_{uuid4().hex}") for name in PROVIDERS}
    neighbour = FakePayPal("client", Secret("x"), "ANOTHER-WEBHOOK")
    before = house.state()
    for provider, message in (
        ("sandbox", sealed(house, "sandbox", events["sandbox"] | {"account": "other"})),
        ("stripe", sealed(house, "stripe", events["stripe"] | {"account": "acct_other"})),
        ("stripe", sealed(house, "stripe", events["stripe"] | {"livemode": True})),
        ("paypal", neighbour.deliver(events["paypal"], int(time.time() * 1000))),
    ):
        assert house.send(provider, message).status_code == 400
    assert house.state() == before


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("names_ours", [False, True])
def test_a_genuine_event_about_somebody_elses_object_moves_no_money(
    house: House, people: dict[str, Api], provider: str, names_ours: bool
) -> None:
    begun = waiting(house, people, provider)
    reference = f"foreign{uuid4().hex[:8]}"
    event_id = f"evt_{uuid4().hex}"
    foreign = begun | {"reference": reference, "id": begun["id"] if names_ours else str(uuid4())}
    before = json.loads(house.state())
    assert (
        house.send(
            provider, sealed(house, provider, event_about(provider, foreign, event_id))
        ).status_code
        == 200
    )
    eventually(lambda: house.processed(event_id))
    after = json.loads(house.state())
    for name in ("payments", "ledger", "refunds", "reservations", "numbers", "outbox"):
        assert after[name] == before[name], name
    known = [case["id"] for case in before["cases"] or ()]
    new = [case for case in after["cases"] or () if case["id"] not in known]
    is_found = names_ours and provider != "paypal"  # Its events name the order only.
    assert [case["kind"] for case in new] == ([] if is_found else ["unknown_reference"])


@pytest.mark.parametrize("provider", ["stripe", "paypal"])
@pytest.mark.parametrize("times", [2, 20])
def test_a_genuine_event_has_one_effect_however_often_it_comes_at_once(
    house: House, people: dict[str, Api], provider: str, times: int
) -> None:
    begun = waiting(house, people, provider)
    buyer_pays(house, provider, begun)
    event_id = f"evt_{uuid4().hex}"
    message = sealed(house, provider, event_about(provider, begun, event_id))
    with ThreadPoolExecutor(times) as threads:
        answers = list(threads.map(lambda _: house.send(provider, message), range(times)))
    assert [answer.status_code for answer in answers] == [200] * times
    assert house.kept(event_id) == 1
    path = f"/payments/{begun['id']}"
    eventually(lambda: payment(people["guest"].get(path))["status"] == "paid")
    eventually(lambda: house.processed(event_id))
    eventually(lambda: house.transfers(begun["id"]) == 2)
    # And once more when all is done: a replay within its time teaches nothing.
    before = house.state()
    assert house.send(provider, message).status_code == 200
    assert house.send(provider, message).status_code == 200
    assert house.state() == before
    assert people["admin"].get("/money/audit").json()["findings"] == {}


@pytest.mark.parametrize("provider", ["stripe", "paypal"])
def test_what_was_acknowledged_survives_the_death_of_the_server_at_that_moment(
    servers: EmbeddedServers, tmp_path: Path, provider: str
) -> None:
    with (
        a_house(fresh_database(servers), servers, tmp_path) as house,
        a_crowd(house.server) as people,
    ):
        begun = waiting(house, people, provider)
        buyer_pays(house, provider, begun)
        # Nobody can be asked, so that nothing but the message itself can bring the news.
        house.companies.are_silent = True
        event_id = f"evt_{uuid4().hex}"
        message = sealed(house, provider, event_about(provider, begun, event_id))
        answer = house.send(provider, message)
        house.server.kill()
        assert answer.status_code == 200
        assert house.kept(event_id) == 1
        assert not house.processed(event_id)
        house.companies.are_silent = False
        house.server.start()
        eventually(lambda: house.processed(event_id))
        path = f"/payments/{begun['id']}"
        eventually(lambda: payment(people["guest"].get(path))["status"] == "paid")
        eventually(lambda: house.transfers(begun["id"]) == 2)


# -- what a bank tells -----------------------------------------------------------------------------


def by_sinpe(people: dict[str, Api], *, by_itself: bool = True) -> tuple[dict[str, Any], str]:
    """A payment that waits for its transfer, and its raffle."""
    owner, buyer = people["owner"], people["guest"]
    raffle_id = created(owner, "publish", **PATIENT)
    if by_itself:
        path = f"/raffles/{raffle_id}/payment-methods/sinpe"
        said = {"enabled": True, "settings": {"auto_match": "on"}}
        assert owner.put(path, said).status_code == 200
    return payment(begin(buyer, in_checkout(buyer, raffle_id, "07"), "sinpe"), 201), raffle_id


def a_transfer(begun: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What the bank's notification says."""
    words = {
        "reference": f"{uuid4().int:039}"[:25],
        "amount": begun["amount"],
        "at": datetime.now(UTC).isoformat(),
        "description": f"rifa {begun['action']['code']}",
    }
    return words | changes


def tell(house: House, words: dict[str, Any], **how: Any) -> int:
    return house.send("sinpe", sealed(house, "sinpe", words, **how)).status_code


def test_a_transfer_with_the_code_pays_once_however_often_the_bank_tells_of_it(
    house: House, people: dict[str, Api]
) -> None:
    begun, _ = by_sinpe(people)
    words = a_transfer(begun)
    message = sealed(house, "sinpe", words)
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: house.send("sinpe", message), range(20)))
    assert [answer.status_code for answer in answers] == [200] * 20
    path = f"/payments/{begun['id']}"
    eventually(lambda: payment(people["guest"].get(path))["status"] == "paid")
    eventually(lambda: house.processed(words["reference"]))
    eventually(lambda: house.transfers(begun["id"]) == 2)
    before = house.state()
    assert tell(house, words) == 200  # Sent anew, by a forwarder that has heard no answer.
    assert house.state() == before
    assert (house.kept(words["reference"]), house.transfers(begun["id"])) == (1, 2)
    other, _ = by_sinpe(people)
    before = house.state()
    assert tell(house, words | {"description": other["action"]["code"]}) == 200
    assert house.state() == before
    assert payment(people["guest"].get(f"/payments/{other['id']}"))["status"] == "pending"


def test_without_the_raffles_leave_the_organizer_sees_it_and_says_yes(
    house: House, people: dict[str, Api]
) -> None:
    begun, raffle_id = by_sinpe(people, by_itself=False)
    words = a_transfer(begun, bank="BCR", reference=f"BCR{uuid4().hex[:12]}")
    assert tell(house, words) == 200
    path = f"/raffles/{raffle_id}/payments?status=review"
    eventually(lambda: people["owner"].get(path).json()["payments"] != [])
    [seen] = people["owner"].get(path).json()["payments"]
    assert seen["suggestion"] == {
        "reference": words["reference"],
        "bank": "BCR",
        "amount": begun["amount"],
        "matched_by": "code",
    }
    assert seen["payment"]["status"] == "review"
    approval = {key: seen["suggestion"][key] for key in ("reference", "bank", "amount")}
    approved = people["owner"].post(f"/payments/{begun['id']}/approve", approval)
    assert payment(approved)["status"] == "paid"


def test_a_transfer_that_is_approved_by_hand_is_no_case_any_more_and_that_of_another_bank_is(
    house: House, people: dict[str, Api]
) -> None:
    begun, raffle_id = by_sinpe(people, by_itself=False)
    owner, path = people["owner"], f"/raffles/{raffle_id}/money-cases"
    # By its code it is this raffle's, and by its time no payment's for certain.
    words = a_transfer(begun, reference=f"AB{uuid4().hex[:12]}", at="2020-01-31T18:02:00Z")
    for bank in ("BCR", "BNCR"):
        assert tell(house, words | {"bank": bank}) == 200

    def banks() -> list[str]:
        return sorted(case["facts"]["bank"] for case in owner.get(path).json()["cases"])

    eventually(lambda: banks() == ["BCR", "BNCR"])
    [case] = [c for c in owner.get(path).json()["cases"] if c["facts"]["bank"] == "BCR"]
    approval = {"reference": words["reference"], "bank": "bcr", "amount": begun["amount"]}
    approved = owner.post(f"/payments/{begun['id']}/approve", approval)
    assert payment(approved)["status"] == "paid"
    assert banks() == ["BNCR"]
    # Whoever still sees it must not send back money that has bought numbers.
    for resolution in ("keep", "refund"):
        decision = {"resolution": resolution, "note": "se devuelve"}
        problem(owner.post(f"/money-cases/{case['id']}/resolve", decision), 409, "wrong_phase")


def test_of_two_transfers_for_one_payment_the_one_that_is_not_approved_is_a_case(
    house: House, people: dict[str, Api]
) -> None:
    begun, raffle_id = by_sinpe(people, by_itself=False)
    owner, path = people["owner"], f"/raffles/{raffle_id}/money-cases"
    first, second = a_transfer(begun)["reference"], a_transfer(begun)["reference"]

    def references() -> list[str]:
        return [case["facts"]["reference"] for case in owner.get(path).json()["cases"]]

    assert tell(house, a_transfer(begun, reference=first)) == 200
    eventually(lambda: house.processed(first))
    assert tell(house, a_transfer(begun, reference=second)) == 200
    eventually(lambda: house.processed(second))
    assert references() == [second]
    approval = {"reference": second, "amount": begun["amount"]}
    approved = owner.post(f"/payments/{begun['id']}/approve", approval)
    assert payment(approved)["status"] == "paid"
    assert references() == [first]


def test_money_of_which_a_bank_has_told_stays_in_sight_when_its_payment_is_rejected(
    house: House, people: dict[str, Api]
) -> None:
    begun, raffle_id = by_sinpe(people, by_itself=False)
    owner, path = people["owner"], f"/raffles/{raffle_id}/money-cases"
    words = a_transfer(begun)
    assert tell(house, words) == 200
    eventually(lambda: house.processed(words["reference"]))
    assert owner.get(path).json()["cases"] == []
    rejected = payment(owner.post(f"/payments/{begun['id']}/reject", {"reason": "no llegó"}))
    assert rejected["status"] == "declined"
    [case] = owner.get(path).json()["cases"]
    facts = case["facts"]
    assert (case["kind"], case["amount"]) == ("unknown_reference", begun["amount"])
    assert (facts["reference"], facts["why"]) == (words["reference"], "rejected")


@pytest.mark.parametrize("wrong", ["amount", "code"])
def test_a_transfer_that_is_not_certain_is_a_case_and_pays_nothing(
    house: House, people: dict[str, Api], wrong: str
) -> None:
    begun, raffle_id = by_sinpe(people)
    if wrong == "amount":
        words = a_transfer(begun, amount=begun["amount"] - 100)
    else:
        words = a_transfer(begun, description="SR-9999", amount=31_337)
    assert tell(house, words) == 200
    who = people["owner" if wrong == "amount" else "admin"]
    path = f"/raffles/{raffle_id}/money-cases" if wrong == "amount" else "/money-cases"

    def found() -> list[dict[str, Any]]:
        cases: list[dict[str, Any]] = who.get(path).json()["cases"]
        return [case for case in cases if case["facts"].get("reference") == words["reference"]]

    eventually(lambda: found() != [])
    [case] = found()
    assert (case["kind"], case["amount"]) == ("unknown_reference", words["amount"])
    assert case["facts"]["why"] == ("underpaid" if wrong == "amount" else "unknown_reference")
    assert payment(people["guest"].get(f"/payments/{begun['id']}"))["status"] == "pending"
    kept = {"resolution": "keep", "note": "se conversó"}
    assert who.post(f"/money-cases/{case['id']}/resolve", kept).status_code == 200


@pytest.mark.parametrize(
    "how",
    [{"forged": True}, {"later_ms": STALE_MS}, {"later_ms": FUTURE_MS}],
    ids=["forged", "stale", "future"],
)
def test_a_notification_that_is_not_the_forwarders_and_of_now_changes_nothing(
    house: House, people: dict[str, Api], how: dict[str, Any]
) -> None:
    begun, _ = by_sinpe(people)
    words = a_transfer(begun)
    before = house.state()
    assert tell(house, words, **how) == 400
    assert house.send("sinpe", ({}, json.dumps(words).encode())).status_code == 400
    headers, body = sealed(house, "sinpe", words)
    assert house.send("sinpe", (headers, body + b" ")).status_code == 400
    assert tell(house, {"reference": "12"}) == 400
    assert house.state() == before


def test_a_secret_that_is_being_exchanged_is_still_believed(
    house: House, people: dict[str, Api]
) -> None:
    begun, _ = by_sinpe(people)
    body = msgspec.json.encode(a_transfer(begun))
    header = signature.sign([OLD_FORWARDER], body, int(time.time() * 1000))
    assert house.send("sinpe", ({SINPE_HEADER: header}, body)).status_code == 200
    eventually(lambda: payment(people["guest"].get(f"/payments/{begun['id']}"))["status"] == "paid")


def test_a_raffle_lets_matches_pay_by_themselves_or_not_and_says_nothing_else(
    people: dict[str, Api],
) -> None:
    path = f"/raffles/{created(people['owner'], 'publish')}/payment-methods/sinpe"
    for said, status in (("on", 200), ("off", 200), ("", 200), ("yes", 400)):
        body = {"enabled": True, "settings": {"auto_match": said}}
        assert people["owner"].put(path, body).status_code == status
