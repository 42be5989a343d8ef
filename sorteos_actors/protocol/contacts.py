"""How people can be reached: what they typed becomes the one spelling that is kept, or is refused.

Each function raises `ValueError` for what cannot be right, and never repeats it in the message.
"""

from __future__ import annotations

from typing import Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat

from sorteos_actors.ports import Contact
from sorteos_actors.protocol.messages import MAX_EMAIL, MAX_NAME, MAX_PHONE
from sorteos_actors.protocol.texts import one_line

HOME_REGION: Final = "CR"
"""Where a number without a country code belongs."""


def person_name(text: str) -> str:
    """A name, without space around it."""
    return one_line("name", text.strip(), MAX_NAME)


def phone_number(text: str) -> str:
    """A phone number in E.164, such as ``+50688887777``."""
    typed = one_line("phone", text, MAX_PHONE)
    # Letters would be read as an extension, or as the keys that they stand for on a phone.
    if any(character.isalpha() for character in typed):
        raise ValueError("`phone` holds letters")
    try:
        number = phonenumbers.parse(typed, HOME_REGION)
    except NumberParseException:
        raise ValueError("`phone` is not a phone number") from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise ValueError("`phone` is not a phone number")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def email_address(text: str) -> str:
    """An e-mail address by its syntax alone: nobody is asked whether it exists."""
    typed = one_line("email", text.strip(), MAX_EMAIL)
    try:
        return validate_email(typed, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError("`email` is not an e-mail address") from None


def start_contact(name: str | None, phone: str | None) -> Contact | None:
    """What a guest came in with, as something to start from. Their phone was not judged then."""
    try:
        known = None if phone is None else phone_number(phone)
    except ValueError:
        known = None
    return None if name is None and known is None else Contact(name, known)
