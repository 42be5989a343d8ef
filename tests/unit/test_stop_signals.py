"""What a signal does to a program that runs on trio: it is heard, and interrupts nothing."""

from __future__ import annotations

import os
import signal

import pytest
import trio
import trio.testing

from sorteos_actors.embedded.interruptions import sigterm_as_ctrl_c
from sorteos_actors.stop_signals import open_stop_signals

both = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


def ask(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@both
async def test_a_signal_for_which_nobody_waits_cancels_the_block(number: signal.Signals) -> None:
    async with open_stop_signals() as signals:
        assert not signals.were_given
        ask(number)
        await trio.Event().wait()
    assert signals.were_given


@both
async def test_whoever_waits_for_a_signal_ends_in_order(number: signal.Signals) -> None:
    is_done = False
    async with open_stop_signals() as signals, trio.open_nursery() as nursery:

        async def end_in_order() -> None:
            nonlocal is_done
            await signals.wait()
            await trio.testing.wait_all_tasks_blocked()
            is_done = True

        nursery.start_soon(end_in_order)
        await trio.testing.wait_all_tasks_blocked()
        ask(number)
    assert is_done


@both
async def test_the_second_signal_cuts_off_what_takes_too_long(number: signal.Signals) -> None:
    heard = 0
    async with open_stop_signals() as signals, trio.open_nursery() as nursery:

        async def never_end() -> None:
            nonlocal heard
            await signals.wait()
            heard += 1
            ask(number)
            await trio.sleep_forever()

        nursery.start_soon(never_end)
        await trio.testing.wait_all_tasks_blocked()
        ask(number)
    assert heard == 1


@both
async def test_a_signal_interrupts_no_code_between_two_checkpoints(number: signal.Signals) -> None:
    steps = 0
    with sigterm_as_ctrl_c():
        async with open_stop_signals():
            ask(number)
            for _ in range(1000):
                steps += 1
            await trio.Event().wait()
    assert steps == 1000


async def test_what_the_block_raises_comes_out_and_signals_are_as_before() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with pytest.raises(ExceptionGroup) as raised:
        async with open_stop_signals():
            raise LookupError
    assert raised.group_contains(LookupError)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_sigterm_does_what_ctrl_c_does_at_that_time() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: seen.append(number))
    try:
        with sigterm_as_ctrl_c():
            ask(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [signal.SIGINT]


def test_sigterm_interrupts_a_program_that_ignores_ctrl_c() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), sigterm_as_ctrl_c():
            ask(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)
