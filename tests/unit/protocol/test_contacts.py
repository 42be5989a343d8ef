"""How people can be reached: one spelling for each person, and no for what cannot be right."""

from __future__ import annotations

import pytest

from sorteos_actors.ports import Contact
from sorteos_actors.protocol.contacts import (
    email_address,
    person_name,
    phone_number,
    start_contact,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("8888-7777", "+50688887777"),
        ("88887777", "+50688887777"),
        (" 8888 7777 ", "+50688887777"),
        ("+506 8888-7777", "+50688887777"),
        ("00506 8888 7777", "+50688887777"),
        ("(506) 8888.7777", "+50688887777"),
        ("2222-3333", "+50622223333"),
        ("\u202a+506\u00a08888\u20117777\u202c", "+50688887777"),
        ("８８８８７７７７", "+50688887777"),
        ("+1 (202) 555-0100", "+12025550100"),
        ("+52 55 1234 5678", "+525512345678"),
    ],
)
def test_a_phone_number_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert phone_number(typed) == kept
    assert phone_number(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "+", "1", "8888", "00000000", "12345678", "+5068888777", "+999 123 456 789"),
        *(
            "8888-7777 ext 5",
            "8888-7777 #5",
            "8888-7777;ext=5",
            "8888-CASA",
            "tel:88887777",
            "8888\n7777",
            "8" * 41,
        ),
    ],
)
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="`phone`"):
        phone_number(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ana@example.com", "ana@example.com"),
        (" Ana.Rojas+rifa@Example.COM ", "Ana.Rojas+rifa@example.com"),
        ("jose\u0301@ejemplo.cr", "jos\u00e9@ejemplo.cr"),
    ],
)
def test_an_address_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert email_address(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "ana", "ana@", "@example.com", "ana@example", "ana@@example.com", "a b@x.com"),
        *("Ana <ana@example.com>", "ana@[127.0.0.1]", "ana@example.com\nbcc: x@y.com", "a" * 250),
        *("ana@localhost", "ana@exa\x00mple.com"),
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="`email`"):
        email_address(typed)


def test_a_name_is_any_line_that_says_something() -> None:
    assert person_name("  Jose\u0301 Ñandú  ") == "José Ñandú"
    for typed in ("", "   ", "x" * 121, "two\nlines", "a\0b", "\x1b[31mred"):
        with pytest.raises(ValueError, match="`name`"):
            person_name(typed)


def test_a_guest_starts_from_what_they_came_in_with_as_far_as_it_is_good() -> None:
    assert start_contact("Ana", "8888-7777") == Contact("Ana", "+50688887777")
    assert start_contact("Ana", "123456") == Contact("Ana", None)
    assert start_contact(None, "8888 7777") == Contact(None, "+50688887777")
    assert start_contact(None, "123456") is None
    assert start_contact(None, None) is None
