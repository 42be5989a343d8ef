"""The printed ticket: what a person reads on it, and what a phone scans."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sorteos_actors.tickets.document import LANGUAGES, ticket_pdf
from tests.unit.tickets.printed import CODE, a_ticket, outside, pages, scanned

MANY = tuple(f"{number:05}" for number in range(100, 1100, 2))


def test_a_ticket_says_what_was_bought_for_how_much_and_when() -> None:
    [text] = pages(a_ticket("0007", "0417", draw_at=1_766_793_600_000))
    for said in (
        "Rifa de la Escuela San José",
        "Sus 2 números",
        "0007",
        "0417",
        "₡1 500",
        "₡3 000",
        "25 de noviembre de 2025, 18:02",
        "26 de diciembre de 2025, 18:00",
        "Hora de Costa Rica",
        "Escanee el código para comprobar este boleto en sorteos.example.cr",
    ):
        assert said in text
    assert CODE in text.replace(" ", "")


def test_it_speaks_each_language() -> None:
    ticket = a_ticket("07")
    said = {"es": "Su número", "en": "Your number", "pt": "Seu número"}
    assert set(said) == set(LANGUAGES)
    for language, words in said.items():
        assert words in pages(ticket, language)[0]
    with pytest.raises(KeyError):
        ticket_pdf(ticket, "fr")


@pytest.mark.parametrize("labels", [("07",), MANY], ids=["one", "500"])
def test_a_phone_that_scans_it_is_led_to_its_address(labels: tuple[str, ...]) -> None:
    assert scanned(a_ticket(*labels)) == [f"https://sorteos.example.cr/boleto/{CODE}"]


def test_many_numbers_flow_over_pages_each_of_them_once_and_in_order() -> None:
    texts = pages(a_ticket(*MANY))
    assert len(texts) > 1
    words = " ".join(texts).split()
    assert [word for word in words if word in set(MANY)] == list(MANY)
    for page, text in enumerate(texts, 1):
        assert f"Página {page} de {len(texts)}" in text
        assert CODE in text.replace(" ", "")


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 21, 34, 55, 89])
@pytest.mark.parametrize("width", [2, 6])
def test_no_number_is_left_out_however_many_there_are(count: int, width: int) -> None:
    labels = [f"{number:0{width}}" for number in range(count)]
    words = " ".join(pages(a_ticket(*labels, title="Un título muy largo " * 6))).split()
    assert set(labels) <= set(words)


@pytest.mark.parametrize("count", [1, 2, 7, 60, 500])
@pytest.mark.parametrize("width", [2, 6])
def test_nothing_is_written_beyond_the_edge_of_the_paper(count: int, width: int) -> None:
    labels = [f"{number:0{width}}" for number in range(count)]
    title = "Una rifa con un nombre que no cabe en ninguna parte " * 4
    fields = {"refunded": 3, "draw_at": 1_766_793_600_000, "unit_price": 999_999_999_999}
    assert outside(a_ticket(*labels, title=title, **fields)) == ""
    assert outside(a_ticket(*labels, title="x" * 200, base="https://" + "x" * 60 + ".cr")) == ""


def test_refunded_numbers_are_not_printed_and_it_says_so() -> None:
    [partly] = pages(a_ticket("0007", refunded=2))
    assert "Se reembolsaron 2 números, que ya no participan." in partly
    assert "₡1 500" in partly
    [wholly] = pages(a_ticket(refunded=1))
    assert "Reembolsado. Este boleto ya no participa." in wholly
    assert "Total" not in wholly


@pytest.mark.parametrize(
    "title",
    [
        "🎉🎁 Rifa 👩‍👩‍👧 ¡ya! ✂️",
        "抽奖",
        "\u202eRifa",
        "Cafe\u0301 y té",
        "Ñandú, ação, Œuvre, Łódź",
        "x" * 200,
    ],
)
def test_any_title_can_be_printed(title: str) -> None:
    [text] = pages(a_ticket("07", title=title))
    assert "07" in text
    assert "\ufffd" not in text


def test_of_a_title_only_what_no_font_shows_is_left_out() -> None:
    [text] = pages(a_ticket("07", title="Gran 🪅 Rifa Cafe\u0301"))
    assert "Gran Rifa Café" in text


def test_the_same_ticket_is_the_same_document_wherever_and_whenever_it_is_drawn() -> None:
    program = (
        "import hashlib; from tests.unit.tickets.printed import a_ticket; "
        "from sorteos_actors.tickets.document import ticket_pdf; "
        "print(hashlib.sha256(ticket_pdf(a_ticket('07', '21'), 'es')).hexdigest())"
    )
    ran = [
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, text=True
        ).stdout
        for _ in range(2)
    ]
    assert ran[0] == ran[1]
    assert ticket_pdf(a_ticket("07"), "es") == ticket_pdf(a_ticket("07"), "es")


def test_no_start_waits_for_the_library_that_draws() -> None:
    program = "import sys, sorteos_actors.node; print('fpdf' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert run.stdout.strip() == "False"
