"""From a letter to a message as it goes over the wire: text, HTML, and what is attached."""

from __future__ import annotations

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from typing import Final

from email_validator import EmailNotValidError, validate_email
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from sorteos_actors.notify.letter import Letter
from sorteos_actors.ports.mail import OutboxItem

FILE_NAMES: Final = {"es": "boleto.pdf", "en": "ticket.pdf", "pt": "bilhete.pdf"}


def message_of(
    item: OutboxItem, letter: Letter, sender: Address, receiver: Address, ticket: bytes | None
) -> EmailMessage:
    """The mail. The same item gives the same ``Message-ID``: who gets it twice can tell."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = receiver
    message["Subject"] = letter.subject
    message["Date"] = datetime.fromtimestamp(item.created_at / 1000, UTC)
    message["Message-ID"] = f"<{item.kind}.{item.id}.{item.raffle_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_template("letter.txt").render(letter=letter))
    message.add_alternative(_template("letter.html").render(letter=letter), subtype="html")
    if ticket is not None:
        message.add_attachment(
            ticket, maintype="application", subtype="pdf", filename=FILE_NAMES[letter.language]
        )
    message["Content-Language"] = letter.language  # Earlier it would go to the first part.
    return message


def receiver_of(email: str) -> Address | None:
    """Where a mail goes: exactly one address, its domain in ASCII; None when it is none."""
    try:
        checked = validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        return None
    return Address(username=checked.local_part, domain=checked.ascii_domain)


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    """In HTML everything that is filled in is escaped; in plain text there is nothing to escape."""
    return Environment(
        loader=PackageLoader("sorteos_actors.notify"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
