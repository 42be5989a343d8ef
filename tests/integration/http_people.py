"""Six people and what they do: shared by the tests of the HTTP contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sorteos_actors.web.auth import Role
from tests.integration.http_api import Api
from tests.integration.server_process import ServerProcess

RAFFLE = {"title": "Rifa", "number_count": 100, "price": 100_000, "currency": "CRC"}


@contextmanager
def a_crowd(server: ServerProcess) -> Iterator[dict[str, Api]]:
    """One of each kind; `owner` is the organizer whose raffles are spoken of."""
    found = {
        "stranger": Api(server),
        "user": Api.of(server, Role.USER),
        "owner": Api.of(server, Role.ORGANIZER),
        "other organizer": Api.of(server, Role.ORGANIZER),
        "admin": Api.of(server, Role.ADMIN),
    }
    found["guest"] = Api(server, found["stranger"].post("/auth/guest", {}).json()["token"])
    yield found
    for api in found.values():
        api.close()


def created(owner: Api, *verbs: str, **fields: object) -> str:
    """A new raffle of `owner`, steered by `verbs`."""
    answer = owner.post("/raffles", {**RAFFLE, **fields})
    assert answer.status_code == 201, answer.text
    raffle_id: str = answer.json()["raffle"]["id"]
    for verb in verbs:
        assert owner.post(f"/raffles/{raffle_id}/{verb}").status_code == 200
    return raffle_id


def hold(buyer: Api, raffle_id: str, *labels: str, key: str | None = None) -> Any:
    """The answer to holding numbers."""
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {"raffle_id": raffle_id, "number_ids": labels}
    return buyer.post("/reservations", body, headers=headers)
