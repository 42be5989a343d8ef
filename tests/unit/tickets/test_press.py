"""Drawing beside the event loop: in a thread, one at a time, and never a long queue."""

from __future__ import annotations

import threading

import pytest
import trio
import trio.testing

from sorteos_actors.tickets import press
from sorteos_actors.tickets.ticket import Ticket
from tests.unit.tickets.printed import a_ticket


async def test_tickets_are_drawn_one_at_a_time_in_another_thread_and_too_many_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate, lock = threading.Event(), threading.Lock()
    threads: list[threading.Thread] = []

    def drawn(ticket: Ticket, language: str) -> bytes:
        assert lock.acquire(blocking=False)
        threads.append(threading.current_thread())
        gate.wait()
        lock.release()
        return ticket.title.encode() + language.encode()

    monkeypatch.setattr(press, "ticket_pdf", drawn)
    made = press.Press()
    answers: list[bytes] = []

    async def ask() -> None:
        answers.append(await made.pdf(a_ticket("07", title="a"), "es"))

    async with trio.open_nursery() as nursery:
        for _ in range(1 + press.MOST_WAITING):
            nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(press.PressBusy):
            await made.pdf(a_ticket("07"), "es")
        gate.set()
    assert answers == [b"aes"] * (1 + press.MOST_WAITING)
    assert threading.main_thread() not in threads
