"""What mails say, in each language, whatever titles and names hold."""

from __future__ import annotations

import tomllib
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from html.parser import HTMLParser
from importlib import resources
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorteos_actors.notify.letter import letter_of
from sorteos_actors.notify.render import message_of, receiver_of
from sorteos_actors.ports import Contact, Language
from sorteos_actors.ports.mail import OutboxItem
from tests.builders import some_terms
from tests.contract.money import a_payment
from tests.unit.notify.builders import ANA_S, RAFFLE, RECEIPT, REJECTED, a_refund

LANGUAGES: list[Language] = ["es", "en", "pt"]
LINK = "https://rifas.example/boleto/abc"
SENDER = Address("Rifas", "rifas", "example.cr")
ALL_KINDS = [RECEIPT, REJECTED, a_refund()]


def sent(
    item: OutboxItem,
    language: Language | None = None,
    ticket: bytes | None = None,
    contact: Contact = ANA_S,
    **terms: Any,
) -> EmailMessage:
    """The mail as its receiver's program reads it."""
    contact = Contact(contact.name, contact.phone, contact.email, language)
    letter = letter_of(
        item,
        a_payment(RAFFLE, 1, 2),
        some_terms(**terms),
        contact,
        link=LINK if item.kind == "receipt" else "",
        has_ticket=ticket is not None,
    )
    receiver = receiver_of(contact.email or "")
    assert receiver is not None
    wire = message_of(item, letter, SENDER, receiver, ticket).as_bytes()
    mail = message_from_bytes(wire, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    text = part.get_content()
    assert isinstance(text, str)
    return text


class Page(HTMLParser):
    """What a program shows of HTML: its text, and which elements there are."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.tags, self.links = "", set[str](), list[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_receipt_says_what_was_bought_and_where_the_ticket_is() -> None:
    mail = sent(RECEIPT, ticket=b"%PDF-1.7")
    assert mail["Subject"] == "Sus números en Rifa de prueba"
    assert (mail["From"], mail["To"]) == ("Rifas <rifas@example.cr>", "ana@example.com")
    text, page = body(mail, "plain"), Page(body(mail, "html"))
    for told in ("Hola, Ana Rojas:", "Rifa de prueba", "01, 02", "₡2\N{NO-BREAK SPACE}000"):
        assert told in text
        assert told in page.text
    assert LINK in text
    assert page.links == [LINK]
    [attached] = mail.iter_attachments()
    assert (attached.get_content_type(), attached.get_content()) == ("application/pdf", b"%PDF-1.7")
    assert attached.get_filename() == "boleto.pdf"
    assert "adjunto" in text


def test_without_a_ticket_nothing_is_said_of_one() -> None:
    mail = sent(RECEIPT)
    assert list(mail.iter_attachments()) == []
    assert "adjunto" not in body(mail, "plain")


def test_who_paid_late_and_got_the_numbers_hears_that() -> None:
    late = {**RECEIPT.payload, "reservation_id": str(uuid4())}
    item = OutboxItem(
        **{n: getattr(RECEIPT, n) for n in RECEIPT.__struct_fields__} | {"payload": late}
    )
    assert "seguían libres" in body(sent(item), "plain")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("item", ALL_KINDS, ids=lambda item: item.kind)
def test_every_mail_is_written_in_every_language(item: OutboxItem, language: Language) -> None:
    mail = sent(item, language)
    text = body(mail, "plain")
    assert mail["Content-Language"] == language
    assert "Rifa de prueba" in mail["Subject"]
    assert "{" not in text + body(mail, "html")
    amount = {"es": "₡2\N{NO-BREAK SPACE}000", "en": "₡2,000", "pt": "₡2.000"}[language]
    assert amount in text


def test_the_languages_say_the_same_things() -> None:
    folder = resources.files("sorteos_actors.notify") / "texts"
    texts = {
        name: tomllib.loads((folder / f"{name}.toml").read_text("utf-8")) for name in LANGUAGES
    }

    def shape(value: object) -> object:
        if isinstance(value, dict):
            return {key: shape(child) for key, child in value.items()}
        if isinstance(value, list):
            return [shape(child) for child in value]
        return sorted(part.partition("}")[0] for part in str(value).split("{")[1:])

    assert shape(texts["es"]) == shape(texts["en"]) == shape(texts["pt"])


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("numbers_taken", "otra persona ya tenía"),
        ("already_paid", "ya estaba pagada"),
        ("wrong_amount", "no es el precio"),
        ("raffle_not_active", "ya no vendía"),
        ("numbers_returned", "Se reembolsó su compra"),
        ("by_person", "Quien organiza"),
        ("something_new", "no se pudo usar"),
        (None, "no se pudo usar"),
    ],
)
def test_a_refund_says_why_and_how_much(why: Any, words: str) -> None:
    text = body(sent(a_refund(why, amount=123_450, numbers=[2])), "plain")
    assert words in text
    assert "₡1\N{NO-BREAK SPACE}234,50" in text
    assert "Número: 02" in text


@pytest.mark.parametrize(
    "title",
    [
        "Rifa\r\nBcc: victim@example.com",
        "Rifa\n\nX: y\x00\x1b[31m",
        "<script>alert(1)</script><a href='https://evil.example'>x</a>",
        "{{ 7*7 }} {% raw %} {title} {amount.__class__} %s",
        "\u202etxt.exe\u2066 \u2069 Rifa",
        "=?utf-8?q?Bcc=3A_x?= " + "ñ" * 300,
        "🎁" * 200,
        "\ud83c\udf81"[:1] + "half of a pair",
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("item", ALL_KINDS, ids=lambda item: item.kind)
def test_a_title_stays_a_title(item: OutboxItem, language: Language, title: str) -> None:
    calm, mail = sent(item, language), sent(item, language, title=title)
    assert mail.keys() == calm.keys()
    for header in ("From", "To", "Message-ID", "Date"):
        assert mail[header] == calm[header]
    html, page = body(mail, "html"), Page(body(mail, "html"))
    assert page.tags == Page(body(calm, "html")).tags
    assert page.links == Page(body(calm, "html")).links
    assert len(body(mail, "plain").splitlines()) == len(body(calm, "plain").splitlines())
    assert "49" not in html
    assert "\u202e" not in html + mail["Subject"]
    assert len(mail["Subject"]) < 200


@given(title=st.text(min_size=1, max_size=200), name=st.text(max_size=120))
def test_whatever_is_in_a_title_or_a_name_the_mail_is_one_mail(title: str, name: str) -> None:
    contact = Contact(name, None, "ana@example.com")
    calm, mail = sent(RECEIPT), sent(RECEIPT, contact=contact, title=title)
    assert mail.keys() == calm.keys()
    assert mail["To"] == "ana@example.com"
    assert Page(body(mail, "html")).tags == Page(body(calm, "html")).tags
    assert len(body(mail, "plain").splitlines()) == len(body(calm, "plain").splitlines())


@pytest.mark.parametrize(
    ("name", "hello"),
    [
        ("Ana Rojas", "Hola, Ana Rojas:"),
        ("María José Ñúñez-O'Neill", "Hola, María José Ñúñez-O'Neill:"),
        ("Ma. Fernanda", "Hola, Ma. Fernanda:"),
        ("Juan P.", "Hola, Juan P.:"),
        ("Gane ya en premios.example", "Hola:"),
        ("http://evil.example", "Hola:"),
        ("Ana <b>", "Hola:"),
        ("Llame al 8888-7777", "Hola:"),
        ("", "Hola:"),
        (None, "Hola:"),
    ],
)
def test_a_name_is_used_when_it_can_be_nothing_else(name: str | None, hello: str) -> None:
    text = body(sent(RECEIPT, contact=Contact(name, None, "ana@example.com")), "plain")
    assert hello in text.splitlines()


def test_a_repeat_is_the_same_mail() -> None:
    first, again = sent(RECEIPT), sent(RECEIPT)
    assert first["Message-ID"] == again["Message-ID"] == f"<receipt.7.{RAFFLE}@example.cr>"
    assert first["Date"] == again["Date"]


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("ana@example.com", "ana@example.com"),
        ("ana@españa.example.com", "ana@xn--espaa-rta.example.com"),
        ("a@b, c@d", None),
        ("a@example.com\r\nBcc: c@example.com", None),
        ("", None),
    ],
)
def test_a_mail_goes_to_one_address(typed: str, address: str | None) -> None:
    receiver = receiver_of(typed)
    assert (receiver and receiver.addr_spec) == address
