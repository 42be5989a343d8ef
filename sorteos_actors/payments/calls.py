"""Calls to providers: each in a bounded time, and under a key that is the same whenever it is repeated."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final, TypeVar

import trio

from sorteos_actors.errors import ProviderUnavailable
from sorteos_actors.payments.settlement import Step
from sorteos_actors.ports.payments import Observation, Payment, Provider

T = TypeVar("T")

PROVIDER_SECONDS: Final = 20.0


async def within(call: Awaitable[T]) -> T:
    """A provider's answer in a bounded time. Raises `ProviderUnavailable` when it takes longer."""
    try:
        with trio.fail_after(PROVIDER_SECONDS):
            return await call
    except trio.TooSlowError:
        raise ProviderUnavailable("no answer in time") from None


def ask(provider: Provider, step: Step, payment: Payment) -> Awaitable[Observation]:
    """The call that a step consists of."""
    match step:
        case Step.CAPTURE:
            return provider.capture(payment, f"{payment.id}:capture")
        case Step.CANCEL:
            return provider.cancel(payment, f"{payment.id}:cancel")
        case _:
            return provider.inspect(payment)
