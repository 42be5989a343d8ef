"""The contract as documents: valid, complete, true to the code, and the ones in docs/."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import validate
from prometheus_client.metrics import MetricWrapperBase
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from sorteos_actors import metrics
from sorteos_actors.protocol import encode
from sorteos_actors.protocol.close_codes import CLOSE_CODES
from sorteos_actors.raffle import RaffleStatus, RaffleSummary, Rejection, RejectionCode, Reservation
from sorteos_actors.raffle.model import Phase, RaffleTerms
from sorteos_actors.web import asyncapi, openapi
from sorteos_actors.web.app import create_app
from sorteos_actors.web.asyncapi_messages import SERVER_MESSAGES, client_messages
from sorteos_actors.web.limits import UNLIMITED
from sorteos_actors.web.services import Services, WebSettings
from sorteos_actors.web.sockets import Sockets

DOCS = Path(__file__).parents[2] / "docs"
NOW = 1_769_882_400_000
TERMS = RaffleTerms(
    id=UUID(int=1),
    organizer_id=UUID(int=2),
    title="Rifa",
    number_count=100,
    price=500,
    currency="CRC",
)
SUMMARY = RaffleSummary(
    terms=TERMS, status=RaffleStatus.ACTIVE, epoch=7, seq=3, reserved_count=2, sold_count=1
)
HOLD = Reservation(
    id=UUID(int=3),
    user_id=UUID(int=4),
    numbers=(7, 21),
    phase=Phase.SELECTION,
    unit_price=500,
    created_at=NOW,
    expires_at=NOW + 600_000,
)
REFUSED = Rejection(RejectionCode.NUMBERS_TAKEN, {"numbers": ["07"]})


def routes_of_the_application() -> set[tuple[str, str]]:
    """What the application answers, in the words of OpenAPI."""
    nothing = cast("Any", None)
    settings = WebSettings(frozenset(), (), UNLIMITED, 600, 300, 10)
    services = Services(
        registry=nothing,
        store=nothing,
        queries=nothing,
        accounts=nothing,
        clock=nothing,
        ids=nothing,
        tokens=nothing,
        money=nothing,
        tickets=nothing,
        outage=nothing,
        settings=settings,
        me=nothing,
        redis_state=lambda: "unused",
        is_draining=lambda: False,
    )
    app = create_app(services, Sockets())
    found = set()
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("pages.") and rule.rule != "/":
            continue  # The browser client's pages and files are no calls.
        choices = re.search(r"<any\((.*?)\):\w+>", rule.rule)
        verbs = [verb.strip() for verb in choices[1].split(",")] if choices else [""]
        for verb in verbs:
            path = rule.rule if choices is None else rule.rule.replace(choices[0], verb)
            path = re.sub(r"<(\w+)>", r"{\1}", path)
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                found.add((method.lower(), path))
    return found


def references_in(value: object) -> Iterator[str]:
    """Every `$ref` of a document."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for child in value.values():
            yield from references_in(child)
    elif isinstance(value, list):
        for child in value:
            yield from references_in(child)


def test_every_route_is_documented_and_every_documented_route_exists() -> None:
    documented = {
        (method, path)
        for path, operations in openapi.document()["paths"].items()
        for method in operations
    }
    assert documented == routes_of_the_application()


def test_the_openapi_document_is_valid() -> None:
    validate(openapi.document())


def test_each_operation_has_a_name_of_its_own() -> None:
    names = [
        operation["operationId"]
        for operations in openapi.document()["paths"].values()
        for operation in operations.values()
    ]
    assert len(names) == len(set(names))


def test_each_refusal_is_documented_somewhere_with_its_status() -> None:
    documented = {
        (code, int(status))
        for operations in openapi.document()["paths"].values()
        for operation in operations.values()
        for status, response in operation["responses"].items()
        if "application/problem+json" in response.get("content", {})
        for code in response["content"]["application/problem+json"]["schema"]["allOf"][1][
            "properties"
        ]["code"]["enum"]
    }
    # Two are said to the cashier only, who asks on behalf of money and not of a caller.
    inside = {RejectionCode.ALREADY_PAID, RejectionCode.WRONG_AMOUNT}
    for code, status in encode.STATUS.items():
        assert ((code.value, status) in documented) is (code not in inside), code


@pytest.mark.parametrize("document", [openapi.document(), asyncapi.document()])
def test_no_reference_of_a_document_leads_nowhere(document: dict[str, Any]) -> None:
    references = set(references_in(document))
    assert references
    for reference in references:
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in found, reference
            found = found[step]


@pytest.mark.parametrize(
    ("name", "document"),
    [("openapi.json", openapi.document()), ("asyncapi.json", asyncapi.document())],
)
def test_the_documents_in_docs_are_those_of_the_code(name: str, document: dict[str, Any]) -> None:
    committed = json.loads((DOCS / name).read_text(encoding="utf-8"))
    assert committed == document, f"run: python3 run.py {name.removesuffix('.json')} > docs/{name}"


def test_a_client_may_say_what_the_contract_lists() -> None:
    assert set(client_messages()) == {
        *("auth", "reserve", "quick_pick", "add", "remove", "swap"),
        *("cancel", "checkout", "extend", "resume", "ping"),
    }
    operations = asyncapi.document()["operations"]
    assert {name for name, o in operations.items() if o["action"] == "receive"} == set(
        client_messages()
    )


def test_every_close_code_is_documented() -> None:
    documented = {entry["code"] for entry in asyncapi.document()["x-close-codes"]}
    assert documented == {close.code for close in CLOSE_CODES}


def test_every_message_is_sent_or_received_by_an_operation() -> None:
    document = asyncapi.document()
    used = {
        message["$ref"].rsplit("/", 1)[1]
        for operation in document["operations"].values()
        for message in (*operation["messages"], *operation.get("reply", {}).get("messages", ()))
    }
    assert used == set(document["components"]["messages"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hello", encode.hello(SUMMARY, NOW)),
        ("reply", encode.reply_ok("a", 4, TERMS, HOLD, NOW)),
        ("reply", encode.reply_ok(1, 4, TERMS, None, NOW)),
        ("reply", encode.reply_error(1, REFUSED)),
        ("pong", encode.pong(None, 1.5, NOW)),
        ("pong", encode.pong("p", "early", NOW)),
        ("reservation", encode.push_reservation(TERMS, HOLD, "created", NOW)),
        ("raffle", encode.push_raffle(SUMMARY)),
        ("payment_methods", encode.push_payment_methods()),
        ("payment", encode.push_payment(HOLD.id, "late")),
        ("number_update", encode.legacy_number_update(TERMS, 7, 1)),
        ("number_update", encode.legacy_number_update(TERMS, 7, 1, HOLD.user_id)),
        ("reservation_expired", encode.legacy_reservation_expired(TERMS, HOLD.id, HOLD.numbers)),
        ("reservation_created", encode.legacy_reservation_created(TERMS, HOLD, NOW)),
    ],
)
def test_what_the_server_says_fits_its_schema(name: str, said: bytes) -> None:
    document = asyncapi.document()
    registry: Any = Registry().with_resource("urn:doc", DRAFT202012.create_resource(document))
    schema = {"$ref": f"urn:doc#/components/messages/{name}/payload"}
    Draft202012Validator(schema, registry=registry).validate(json.loads(said))


def test_every_text_message_of_the_server_has_an_example_above() -> None:
    text = {message.name for message in SERVER_MESSAGES if not message.binary}
    (mark,) = (
        m
        for m in test_what_the_server_says_fits_its_schema.pytestmark  # type: ignore[attr-defined]
        if m.name == "parametrize"
    )
    assert {name for name, _ in mark.args[1]} == text


def test_the_layout_of_binary_frames_is_the_one_of_the_contract() -> None:
    messages = asyncapi.document()["components"]["messages"]
    snapshot = [(f["name"], f["type"]) for f in messages["snapshot"]["payload"]["x-layout"]]
    delta = [(f["name"], f["type"]) for f in messages["delta"]["payload"]["x-layout"]]
    assert snapshot[:7] == [
        ("kind", "u8"),
        ("version", "u8"),
        ("reserved", "u16"),
        ("epoch", "u32"),
        ("seq", "u64"),
        ("first_index", "u32"),
        ("count", "u32"),
    ]
    assert delta[:6] == [
        ("kind", "u8"),
        ("version", "u8"),
        ("groups", "u16"),
        ("epoch", "u32"),
        ("seq_from", "u64"),
        ("seq_to", "u64"),
    ]


def test_every_metric_is_explained_to_operators() -> None:
    explained = (DOCS / "operations.md").read_text(encoding="utf-8")
    ours = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    assert ours
    for metric in ours:
        (family,) = metric.collect()
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert f"`{name}" in explained, name


def test_every_code_and_close_code_is_explained_to_integrators() -> None:
    explained = (DOCS / "api.md").read_text(encoding="utf-8")
    for code, status in encode.STATUS.items():
        assert f"| `{code.value}` | {status} |" in explained
    for close in CLOSE_CODES:
        assert f"| {close.code} |" in explained
    for path in openapi.document()["paths"]:
        words = [w for w in path.removeprefix("/api/v1").split("/") if w and "{" not in w]
        assert all(word in explained for word in words if path.startswith("/api/")), path


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{p.name}" for p in DOCS.glob("*.md"))])
def test_no_link_of_a_page_leads_nowhere(page: str) -> None:
    path = DOCS.parent / page
    for target in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{page} links to {target}"
