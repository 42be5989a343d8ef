"""Mails are written from committed rows, with the ticket when there is one."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from uuid import uuid4

import pypdfium2  # type: ignore[import-untyped]
import pytest
from msgspec.structs import replace

from sorteos_actors.errors import MailUnavailable
from sorteos_actors.notify.writer import NotSent, Writer
from sorteos_actors.ports import Contact
from sorteos_actors.raffle import RaffleStatus
from sorteos_actors.raffle.commands import ReserveNumbers, StartCheckout
from sorteos_actors.testing.memory_accounts import MemoryAccounts
from sorteos_actors.testing.memory_outbox import MemoryOutbox
from sorteos_actors.testing.memory_payments import MemoryPayments
from sorteos_actors.testing.memory_store import MemoryStore
from sorteos_actors.tickets import press
from sorteos_actors.tickets.code import TicketCodes
from tests.builders import ANA, FIRST, paid, some_terms
from tests.contract.money import funded
from tests.contract.owner import Owner
from tests.unit.notify.builders import ANA_S, RAFFLE, RECEIPT, REJECTED

CODES = TicketCodes("a secret")
BASE = "https://rifas.example"


class House:
    """Ana has bought 1 and 2."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.payments = MemoryPayments(self.store)
        self.accounts = MemoryAccounts()
        self.outbox = MemoryOutbox(self.store)

    async def sell(self) -> None:
        await self.store.create(some_terms(id=RAFFLE), status=RaffleStatus.ACTIVE)
        owner = await Owner.of(self.store, RAFFLE)
        sale = await funded(self.payments, owner.raffle, paid(1, 2))
        await owner.do(ReserveNumbers(ANA, FIRST, (1, 2)), StartCheckout(ANA, FIRST), sale)

    def writer(self, base: str = BASE) -> Writer:
        return Writer(
            Address("Rifas", "rifas", "example.cr"),
            CODES,
            base,
            payments=self.payments,
            queries=self.store,
            accounts=self.accounts,
        )


@pytest.fixture
async def house() -> House:
    house = House()
    await house.sell()
    await house.accounts.keep_contact(ANA, ANA_S)
    return house


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def test_the_receipt_of_a_sale_brings_the_ticket(house: House) -> None:
    [item] = await house.outbox.due(10, 1000)
    mail = await house.writer().write(item)
    assert f"{BASE}/boleto/{CODES.code(RAFFLE, FIRST)}" in text_of(mail)
    [attached] = mail.iter_attachments()
    content = attached.get_content()
    assert isinstance(content, bytes)
    with pypdfium2.PdfDocument(content) as document:
        words = document[0].get_textpage().get_text_range()
    assert "Rifa de prueba" in words


async def test_a_ticket_that_cannot_be_drawn_does_not_hold_up_the_mail(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> bytes:
        raise ValueError("Ana Rojas")

    monkeypatch.setattr(press, "ticket_pdf", broken)
    mail = await house.writer().write(RECEIPT)
    assert list(mail.iter_attachments()) == []
    assert f"{BASE}/boleto/" in text_of(mail)
    assert "ValueError" in caplog.text
    assert "Ana" not in caplog.text


async def test_without_an_address_of_ours_there_is_no_link(house: House) -> None:
    mail = await house.writer(base="").write(RECEIPT)
    assert "boleto/" not in text_of(mail)
    assert list(mail.iter_attachments()) == []


async def test_a_mail_is_in_the_language_of_its_buyer(house: House) -> None:
    await house.accounts.keep_contact(ANA, replace(ANA_S, language="pt"))
    mail = await house.writer().write(REJECTED)
    assert text_of(mail).splitlines()[0] == "Não encontramos seu pagamento"


@pytest.mark.parametrize(
    "contact", [replace(ANA_S, email=None), Contact("Ana", None), replace(ANA_S, email="a@b, c@d")]
)
async def test_who_cannot_be_reached_gets_no_mail(house: House, contact: Contact) -> None:
    await house.accounts.keep_contact(ANA, contact)
    with pytest.raises(NotSent) as told:
        await house.writer().write(RECEIPT)
    assert "a@b" not in str(told.value)


async def test_of_what_is_not_there_nothing_is_written(house: House) -> None:
    with pytest.raises(NotSent):
        await house.writer().write(replace(RECEIPT, raffle_id=uuid4()))


async def test_a_kind_of_a_newer_version_waits_for_that_version(house: House) -> None:
    with pytest.raises(MailUnavailable):
        await house.writer().write(replace(RECEIPT, kind="draw"))
