"""Running until Ctrl-C."""

from __future__ import annotations

import os
import signal

import pytest
import trio

from sorteos_actors.terminal.complaint import Complaint
from sorteos_actors.terminal.until import run_until_signal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_quietly(number: signal.Signals) -> None:
    async def interrupt() -> None:
        os.kill(os.getpid(), number)
        await trio.sleep_forever()

    assert await run_until_signal(trio.sleep_forever, interrupt)


async def test_the_end_of_the_foreground_ends_the_background() -> None:
    assert not await run_until_signal(trio.lowlevel.checkpoint, trio.sleep_forever)


async def test_a_complaint_of_the_background_comes_out_as_it_is() -> None:
    async def complain() -> None:
        await trio.lowlevel.checkpoint()
        raise Complaint("no")

    with pytest.raises(Complaint, match="no"):
        await run_until_signal(trio.sleep_forever, complain, complain)
