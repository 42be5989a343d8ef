"""Reservations over HTTP against a real server: every call, every rule, every owner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.http_api import Api, problem, reservation
from tests.integration.http_people import a_crowd, created, hold
from tests.integration.server_process import ServerProcess


@pytest.fixture
def people(server: ServerProcess) -> Iterator[dict[str, Api]]:
    """One of each kind."""
    with a_crowd(server) as found:
        yield found


def test_a_reservation_from_the_first_number_to_the_last(people: dict[str, Api]) -> None:
    buyer, raffle_id = people["guest"], created(people["owner"], "publish")
    made = reservation(hold(buyer, raffle_id, "07", "21"), 201)
    assert (made["phase"], made["number_ids"]) == ("selection", ["07", "21"])
    assert made["numbers"] == [{"number_id": n, "status": "reserved"} for n in ("07", "21")]
    assert (made["unit_price"], made["total_amount"], made["currency"]) == (100_000, 200_000, "CRC")
    assert 595_000 < made["expires_in_ms"] <= 600_000
    path = f"/reservations/{made['id']}"
    added = reservation(buyer.post(f"{path}/add-number", {"number_id": "35"}))
    assert added["number_ids"] == ["07", "21", "35"]
    assert added["expires_at"] == made["expires_at"]
    removed = reservation(buyer.delete(f"{path}/numbers/21"))
    assert removed["number_ids"] == ["07", "35"]
    assert reservation(buyer.get(path))["number_ids"] == ["07", "35"]
    assert reservation(buyer.get(f"/raffles/{raffle_id}/my-reservation"))["id"] == made["id"]
    assert [r["id"] for r in buyer.get("/reservations/me").json()["reservations"]] == [made["id"]]
    extended = reservation(buyer.post(f"{path}/extend", {"expires_at": made["expires_at"]}))
    assert extended["extensions_left"] == 0
    assert extended["expires_at"] > made["expires_at"]
    again = reservation(buyer.post(f"{path}/extend", {"expires_at": made["expires_at"]}))
    assert again["expires_at"] == extended["expires_at"]
    assert problem(buyer.post(f"{path}/extend"), 409, "wrong_phase")["extensions_left"] == 0
    checkout = reservation(buyer.post(f"{path}/move-to-checkout"))
    assert checkout["phase"] == "checkout"
    assert 295_000 < checkout["expires_in_ms"] <= 300_000
    repeated = reservation(buyer.post(f"{path}/move-to-checkout"))
    assert repeated["expires_at"] == checkout["expires_at"]
    late = buyer.post(f"{path}/add-number", {"number_id": "50"})
    assert problem(late, 409, "wrong_phase") == {"phase": "checkout"}
    for _ in range(2):
        assert reservation(buyer.post(f"{path}/cancel"))["phase"] == "cancelled"
    assert buyer.get(f"/raffles/{raffle_id}/my-reservation").json() == {"reservation": None}
    problem(buyer.post(f"{path}/move-to-checkout"), 409, "wrong_phase")


def test_taking_the_last_number_away_cancels(people: dict[str, Api]) -> None:
    buyer, raffle_id = people["guest"], created(people["owner"], "publish")
    made = reservation(hold(buyer, raffle_id, "07"), 201)
    for _ in range(2):
        ended = reservation(buyer.delete(f"/reservations/{made['id']}/numbers/07"))
        assert ended["phase"] == "cancelled"
    assert reservation(hold(people["user"], raffle_id, "07"), 201)["phase"] == "selection"


def test_the_loser_learns_every_number_and_holds_none(people: dict[str, Api]) -> None:
    raffle_id = created(people["owner"], "publish")
    winner = reservation(hold(people["guest"], raffle_id, "07", "21"), 201)
    refused = hold(people["user"], raffle_id, "21", "50", "07")
    assert sorted(problem(refused, 409, "numbers_taken")["numbers"]) == ["07", "21"]
    assert reservation(hold(people["user"], raffle_id, "50"), 201)["number_ids"] == ["50"]
    add = people["guest"].post(f"/reservations/{winner['id']}/add-number", {"number_id": "50"})
    assert problem(add, 409, "numbers_taken") == {"numbers": ["50"]}


def test_each_rule_of_holding_numbers_has_its_own_code(people: dict[str, Api]) -> None:
    buyer, raffle_id = people["guest"], created(people["owner"], "publish", max_numbers_per_user=2)
    unknown = hold(buyer, raffle_id, "07", "7", "100", "\u0660\u0667", "")
    assert problem(unknown, 400, "unknown_number")["numbers"] == ["7", "100", "\u0660\u0667", ""]
    assert problem(hold(buyer, raffle_id, "01", "02", "03"), 409, "too_many_numbers")["limit"] == 2
    made = reservation(hold(buyer, raffle_id, "01", "01"), 201)
    assert made["number_ids"] == ["01"]
    second = hold(buyer, raffle_id, "05")
    assert problem(second, 409, "already_reserved") == {"reservation_id": made["id"]}
    path = f"/reservations/{made['id']}"
    strange = buyer.post(f"{path}/add-number", {"number_id": "1"})
    assert problem(strange, 400, "unknown_number") == {"numbers": ["1"]}
    problem(buyer.delete(f"{path}/numbers/100"), 400, "unknown_number")
    people["owner"].post(f"/raffles/{raffle_id}/pause")
    paused = hold(people["user"], raffle_id, "05")
    assert problem(paused, 409, "raffle_not_active") == {"status": "paused"}
    assert reservation(buyer.post(f"{path}/move-to-checkout"))["phase"] == "checkout"


def test_a_reservation_is_its_owners_business_only(people: dict[str, Api]) -> None:
    raffle_id = created(people["owner"], "publish")
    made = reservation(hold(people["guest"], raffle_id, "07"), 201)
    path = f"/reservations/{made['id']}"
    for who in ("user", "owner", "admin"):
        problem(people[who].get(path), 403, "forbidden")
        for verb in ("move-to-checkout", "extend", "cancel"):
            problem(people[who].post(f"{path}/{verb}"), 403, "forbidden")
        problem(people[who].post(f"{path}/add-number", {"number_id": "08"}), 403, "forbidden")
        problem(people[who].delete(f"{path}/numbers/07"), 403, "forbidden")
    shown = people["user"].get(f"/raffles/{raffle_id}?include_numbers=true")
    assert made["user_id"] not in shown.text
    assert made["id"] not in shown.text


def test_a_reservation_whose_time_is_over_is_gone_for_every_call(people: dict[str, Api]) -> None:
    buyer, raffle_id = people["guest"], created(people["owner"], "publish", selection_seconds=5)
    made = reservation(hold(buyer, raffle_id, "07", key="once"), 201)
    path = f"/reservations/{made['id']}"
    while reservation(buyer.get(path))["phase"] == "selection":
        pass  # The shortest time that a raffle may have; the test's timeout is the limit.
    assert reservation(buyer.get(path))["phase"] == "expired"
    for verb in ("move-to-checkout", "extend", "cancel"):
        problem(buyer.post(f"{path}/{verb}"), 410, "reservation_expired")
    problem(buyer.post(f"{path}/add-number", {"number_id": "08"}), 410, "reservation_expired")
    problem(buyer.delete(f"{path}/numbers/07"), 410, "reservation_expired")
    problem(hold(buyer, raffle_id, "07", key="once"), 410, "reservation_expired")
    assert reservation(hold(people["user"], raffle_id, "07"), 201)["number_ids"] == ["07"]


def test_the_same_key_gives_the_same_reservation_to_the_same_person(people: dict[str, Api]) -> None:
    first, second = (created(people["owner"], "publish") for _ in range(2))
    made = reservation(hold(people["guest"], first, "07", key="basket"), 201)
    assert reservation(hold(people["guest"], first, "07", key="basket"), 201) | {
        "expires_in_ms": 0,
        "server_time": "",
    } == made | {"expires_in_ms": 0, "server_time": ""}
    problem(hold(people["guest"], first, "07", key="another"), 409, "already_reserved")
    elsewhere = reservation(hold(people["guest"], second, "07", key="basket"), 201)
    somebody = reservation(hold(people["user"], first, "08", key="basket"), 201)
    assert len({made["id"], elsewhere["id"], somebody["id"]}) == 3


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_is_no_key_is_refused(people: dict[str, Api], key: str) -> None:
    raffle_id = created(people["owner"], "publish")
    refused = problem(hold(people["guest"], raffle_id, "07", key=key), 400, "bad_request")
    assert refused == {"field": "Idempotency-Key"}
