"""What a mail says: a pure function of what has happened. Titles and names are other people's words.

The words are in ``texts``, one file a language. What is filled into them never becomes a part of the
pattern, stays on its line, and is escaped where it is shown as HTML.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final
from uuid import UUID

import msgspec

from sorteos_actors.ports import Contact, Language
from sorteos_actors.ports.mail import RECEIPT, OutboxItem
from sorteos_actors.ports.payments import Payment
from sorteos_actors.raffle import RaffleTerms
from sorteos_actors.tickets.wording import WORDINGS, money

DEFAULT: Final[Language] = "es"
KINDS: Final = frozenset({RECEIPT, "refund", "rejected"})
_LONGEST: Final = {"title": 120, "name": 60}
_IN_NAMES: Final = frozenset(" .-'\N{RIGHT SINGLE QUOTATION MARK}")
_REORDERS: Final = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One mail, without its envelope: plain texts, each of one line."""

    language: Language
    subject: str
    heading: str
    hello: str
    lines: Sequence[str]
    facts: Sequence[tuple[str, str]]
    """Names and values, for a table."""
    footer: str
    button: str = ""
    link: str = ""


def letter_of(
    item: OutboxItem,
    payment: Payment,
    terms: RaffleTerms,
    contact: Contact,
    *,
    link: str = "",
    has_ticket: bool = False,
) -> Letter:
    """The mail that an item stands for, in the buyer's language. `link` is to their ticket."""
    language = contact.language or DEFAULT
    words = _words(language)
    said = words[item.kind]
    currency = item.payload.get("currency", payment.currency)
    shown = money(WORDINGS[language], item.payload.get("amount", payment.amount), currency)
    numbers = item.payload.get("numbers", payment.numbers)
    title = _plain(terms.title, "title")
    reasons = said.get("why", {})
    why = reasons and reasons.get(item.payload.get("why"), reasons["other"])
    fill = {"amount": shown, "title": title, "why": why}
    lines = [line.format_map(fill) for line in said["lines"]]
    if item.kind == RECEIPT:
        lines = [said["late"]] if _is_late(item, payment) else lines
        lines += [said["attached"]] if has_ticket else []
    labels = ", ".join(terms.label(number) for number in numbers)
    return Letter(
        language=language,
        subject=said["subject"].format_map(fill),
        heading=said["heading"],
        hello=_hello(words, contact.name),
        lines=lines,
        facts=[
            (words["raffle"], title),
            (words["numbers"][len(numbers) != 1], labels),
            (words["amount"], shown),
        ],
        footer=words["footer"],
        button=said.get("button", ""),
        link=link,
    )


def _is_late(item: OutboxItem, payment: Payment) -> bool:
    """Whether the numbers were taken again for money that had missed its reservation."""
    return UUID(item.payload["reservation_id"]) != payment.reservation_id


def _hello(words: Mapping[str, Any], name: str | None) -> str:
    """By name only when it looks like one: whoever types another's address must not write to them."""
    plain = _plain(name or "", "name")
    parts = plain.split(". ")
    looks_like_one = plain and all(
        (unicodedata.category(c)[0] in "LM" or c in _IN_NAMES) for c in plain
    )
    has_address = any("." in part.removesuffix(".") for part in parts)
    if not looks_like_one or has_address:
        return str(words["hello_you"])
    return str(words["hello"]).format_map({"name": plain})


def _plain(text: str, what: str) -> str:
    """On one line, in the order in which it is written, and not too long."""
    seen = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
    words = " ".join("".join(c for c in seen if c not in _REORDERS).split())
    longest = _LONGEST[what]
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


@cache
def _words(language: Language) -> dict[str, Any]:
    file = resources.files("sorteos_actors.notify") / "texts" / f"{language}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
