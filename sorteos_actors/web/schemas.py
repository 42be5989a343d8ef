"""JSON Schemas that both documents of the contract share, made from the structs of the code."""

from __future__ import annotations

from typing import Any, Final, get_args

import msgspec

from sorteos_actors.payments.status import PaymentStatus
from sorteos_actors.ports.payment_store import CaseKind
from sorteos_actors.protocol import messages, payment_messages
from sorteos_actors.raffle import Phase, RaffleStatus, RejectionCode
from sorteos_actors.raffle.model import STATE_NAMES
from sorteos_actors.tickets.ticket import TicketStatus

Schema = dict[str, Any]
_TEMPLATE: Final = "#/components/schemas/{name}"
BODIES: Final = (
    messages.GuestBody,
    messages.ContactBody,
    messages.RaffleBody,
    messages.ReservationBody,
    messages.AddNumberBody,
    messages.ExtendBody,
    payment_messages.PaymentBody,
    payment_messages.ReceiptBody,
    payment_messages.ApprovalBody,
    payment_messages.RejectionBody,
    payment_messages.RefundBody,
    payment_messages.ResolutionBody,
    payment_messages.MethodBody,
)
VIEWS: Final = (messages.RaffleView, messages.ReservationView)
HTTP_VIEWS: Final = (*VIEWS, messages.ContactView, messages.TicketView)
"""Also what the WebSocket never shows."""
PAYMENT_VIEWS: Final = (
    payment_messages.MethodView,
    payment_messages.PaymentView,
    payment_messages.ReviewView,
    payment_messages.ReceivedView,
    payment_messages.CaseView,
    payment_messages.MethodSwitchView,
)
CLIENT_MESSAGES: Final[tuple[type, ...]] = get_args(messages.ClientMessage)
ERROR: Final = "Error"
"""Name of the schema of a refusal, over HTTP and WebSocket alike."""
_TIMES: Final = frozenset(
    {
        *("created_at", "expires_at", "server_time", "sales_close_at", "draw_at", "sold_at"),
        *("deadline", "opened_at", "changed_at", "decided_at"),
    }
)
_VALUES: Final = {
    ("RaffleView", "status"): tuple(RaffleStatus),
    ("ReservationView", "phase"): tuple(Phase),
    ("NumberView", "status"): STATE_NAMES[:3],
    ("TicketView", "status"): tuple(TicketStatus),
    ("TicketRaffleView", "status"): tuple(RaffleStatus),
    ("PaymentView", "status"): tuple(PaymentStatus),
    ("CaseView", "kind"): get_args(CaseKind),
}
"""What a text of the views can be: the structs carry plain strings."""


def components(*types: type) -> dict[str, Schema]:
    """Schemas of structs, and of everything they contain, by name."""
    _, found = msgspec.json.schema_components(types, ref_template=_TEMPLATE)
    for name, schema in found.items():
        for field, value in schema.get("properties", {}).items():
            _refine(name, field, value)
    return {**found, ERROR: error()}


def _refine(name: str, field: str, schema: Schema) -> None:
    """Say what a struct's annotation cannot: which words there are, and that a text is a time."""
    if (name, field) in _VALUES:
        schema["enum"] = [str(word) for word in _VALUES[name, field]]
    elif field in _TIMES:
        for choice in schema.get("anyOf", [schema]):
            if choice["type"] == "string":
                choice["format"] = "date-time"


def ref(to: type | str) -> Schema:
    """A reference to the schema of a struct, or of a name."""
    name = to if isinstance(to, str) else to.__name__
    return {"$ref": _TEMPLATE.format(name=name)}


def an_object(**properties: Schema) -> Schema:
    """An object that has at least these fields."""
    return {"type": "object", "required": list(properties), "properties": properties}


def error() -> Schema:
    """What a refusal says, over HTTP and WebSocket alike."""
    return {
        "description": "A refusal: a stable code, and the facts that a client needs to act on it.",
        **an_object(
            code={"type": "string", "enum": [code.value for code in RejectionCode]},
            message={"type": "string", "description": "For logs; people read the client's texts."},
            params={
                "type": "object",
                "additionalProperties": {
                    "anyOf": [
                        {"type": "string"},
                        {"type": "integer"},
                        {"type": "array", "items": {"type": "string"}},
                    ]
                },
            },
        ),
    }
