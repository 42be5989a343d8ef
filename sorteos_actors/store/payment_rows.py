"""Between rows and what is known of payments. Pure: no connection, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sorteos_actors.ports.mail import OutboxItem
from sorteos_actors.ports.payment_store import (
    EventKey,
    InboxEvent,
    Method,
    MoneyCase,
    Receipt,
    Refund,
    Transfer,
)
from sorteos_actors.ports.payments import Payment
from sorteos_actors.store.rows import Row

PAYMENT_COLUMNS = """
    p.raffle_id, p.id, p.reservation_id, p.user_id, p.provider, p.account, p.amount, p.currency,
    p.numbers, p.unit_price, p.waits_for_person, p.reference, p.authorised, p.captured, p.refunded,
    p.paid_currency, p.failed_as, p.cancelled, p.cancel_wanted, p.claims_paid, p.returned,
    p.refund_wanted, p.live, p.applied, p.applied_why, p.sold_as, time_to_ms(p.applied_at) AS applied_at,
    p.action, p.details, time_to_ms(p.next_check_at) AS next_check_at, p.attempts, p.version,
    time_to_ms(p.created_at) AS created_at, time_to_ms(p.updated_at) AS updated_at
"""
"""What `payment_from_row` needs, from ``payments AS p``."""

REFUND_COLUMNS = "f.raffle_id, f.payment_id, f.n, f.amount, f.total, f.reason, f.key, f.state"
"""What `refund_from_row` needs, from ``payment_refunds AS f``."""

CASE_COLUMNS = """
    c.id, c.kind, c.raffle_id, c.payment_id, c.amount, c.currency, c.owner,
    time_to_ms(c.deadline) AS deadline, c.facts, time_to_ms(c.opened_at) AS opened_at,
    time_to_ms(c.resolved_at) AS resolved_at, c.resolution
"""
"""What `case_from_row` needs, from ``money_cases AS c``."""

METHOD_COLUMNS = """
    m.raffle_id, m.provider, m.enabled, m.priority, m.settings, m.changed_by,
    time_to_ms(m.changed_at) AS changed_at
"""
"""What `method_from_row` needs, from ``payment_methods AS m``."""


def to_json(value: Mapping[str, Any] | None) -> str | None:
    """A value for a jsonb column."""
    return None if value is None else msgspec.json.encode(value).decode()


def payment_from_row(row: Row) -> Payment:
    """From `PAYMENT_COLUMNS`."""
    fields = {name: row[name] for name in Payment.__struct_fields__}
    fields["numbers"], fields["returned"] = tuple(row["numbers"]), tuple(row["returned"])
    fields["action"] = _from_json(row["action"])
    fields["details"] = _from_json(row["details"])
    return Payment(**fields)


def refund_from_row(row: Row) -> Refund:
    """From `REFUND_COLUMNS`."""
    return Refund(**{name: row[name] for name in Refund.__struct_fields__})


def transfer_from_row(row: Row) -> Transfer:
    """From a row of the ledger."""
    return Transfer(**{name: row[name] for name in Transfer.__struct_fields__})


def case_from_row(row: Row) -> MoneyCase:
    """From `CASE_COLUMNS`."""
    fields = {name: row[name] for name in MoneyCase.__struct_fields__}
    return MoneyCase(**(fields | {"facts": _from_json(row["facts"])}))


def method_from_row(row: Row) -> Method:
    """From `METHOD_COLUMNS`."""
    fields = {name: row[name] for name in Method.__struct_fields__}
    return Method(**(fields | {"settings": _from_json(row["settings"])}))


def receipt_from_row(row: Row) -> Receipt:
    """From a row of receipts."""
    fields = {name: row[name] for name in Receipt.__struct_fields__ if name != "content"}
    return Receipt(content=row["bytes"], **fields)


def inbox_event_from_row(row: Row) -> InboxEvent:
    """From a row of the inbox."""
    return InboxEvent(
        key=EventKey(row["provider"], row["account"], row["event_id"]),
        kind=row["kind"],
        reference=row["reference"],
        payment_id=row["payment_id"],
        headers=_from_json(row["headers"]),
        body=row["body"],
        attempts=row["attempts"],
    )


def outbox_item_from_row(row: Row) -> OutboxItem:
    """From a row of the outbox."""
    fields = {name: row[name] for name in OutboxItem.__struct_fields__}
    return OutboxItem(**(fields | {"payload": _from_json(row["payload"])}))


def _from_json(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)
