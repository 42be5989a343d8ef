"""What is printed on a ticket, in the languages that we speak."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import msgspec

from sorteos_actors.raffle import Millis
from sorteos_actors.raffle.currency import exponent

ZONE: Final = timezone(timedelta(hours=-6), "UTC-6")
"""Raffles are drawn where they are sold: Costa Rica, which has no summer time."""
_SIGNS: Final = {"CRC": "₡", "USD": "$", "EUR": "€", "BRL": "R$", "GBP": "£"}


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """One language. `{…}` are filled in."""

    ticket: str
    numbers: tuple[str, str]
    """Of one, and of more."""
    price: str
    total: str
    sold_at: str
    draw_at: str
    check: str
    code: str
    refunded: str
    partly_refunded: tuple[str, str]
    """Of one number, and of more."""
    page: str
    months: Sequence[str]
    date: str
    zone: str
    thousands: str
    decimal: str


WORDINGS: Final = {
    "es": Wording(
        ticket="Boleto",
        numbers=("Su número", "Sus {count} números"),
        price="Precio por número",
        total="Total",
        sold_at="Comprado",
        draw_at="Sorteo",
        check="Escanee el código para comprobar este boleto en {host}",
        code="Código del boleto",
        refunded="Reembolsado. Este boleto ya no participa.",
        partly_refunded=(
            "Se reembolsó un número, que ya no participa.",
            "Se reembolsaron {count} números, que ya no participan.",
        ),
        page="Página {page} de {pages}",
        months=(
            *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto"),
            *("septiembre", "octubre", "noviembre", "diciembre"),
        ),
        date="{day} de {month} de {year}, {time}",
        zone="Hora de Costa Rica",
        thousands="\N{NO-BREAK SPACE}",
        decimal=",",
    ),
    "en": Wording(
        ticket="Ticket",
        numbers=("Your number", "Your {count} numbers"),
        price="Price per number",
        total="Total",
        sold_at="Bought",
        draw_at="Draw",
        check="Scan the code to check this ticket at {host}",
        code="Ticket code",
        refunded="Refunded. This ticket no longer takes part.",
        partly_refunded=(
            "One number was refunded and no longer takes part.",
            "{count} numbers were refunded and no longer take part.",
        ),
        page="Page {page} of {pages}",
        months=(
            *("January", "February", "March", "April", "May", "June", "July", "August"),
            *("September", "October", "November", "December"),
        ),
        date="{month} {day}, {year}, {time}",
        zone="Costa Rica time",
        thousands=",",
        decimal=".",
    ),
    "pt": Wording(
        ticket="Bilhete",
        numbers=("Seu número", "Seus {count} números"),
        price="Preço por número",
        total="Total",
        sold_at="Comprado",
        draw_at="Sorteio",
        check="Escaneie o código para conferir este bilhete em {host}",
        code="Código do bilhete",
        refunded="Reembolsado. Este bilhete não participa mais.",
        partly_refunded=(
            "Um número foi reembolsado e não participa mais.",
            "{count} números foram reembolsados e não participam mais.",
        ),
        page="Página {page} de {pages}",
        months=(
            *("janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto"),
            *("setembro", "outubro", "novembro", "dezembro"),
        ),
        date="{day} de {month} de {year}, {time}",
        zone="Hora da Costa Rica",
        thousands=".",
        decimal=",",
    ),
}


def counted(forms: tuple[str, str], count: int) -> str:
    """The form for one, or for more."""
    return forms[count != 1].format(count=count)


def money(wording: Wording, amount: int, currency: str) -> str:
    """An amount in minor units, whole ones without decimals: ``₡15 000``."""
    places = exponent(currency)
    whole, rest = divmod(amount, 10**places)
    text = f"{whole:,}".replace(",", wording.thousands)
    if rest:
        text += f"{wording.decimal}{rest:0{places}}"
    sign = _SIGNS.get(currency)
    return f"{currency}\N{NO-BREAK SPACE}{text}" if sign is None else f"{sign}{text}"


def date(wording: Wording, at: Millis) -> str:
    """A moment, as the people who buy read it on their clocks."""
    local = datetime.fromtimestamp(at / 1000, UTC).astimezone(ZONE)
    return wording.date.format(
        day=local.day,
        month=wording.months[local.month - 1],
        year=local.year,
        time=f"{local.hour}:{local.minute:02}",
    )
