"""Which methods of payment there are, and which of them a raffle offers just now.

What the environment configures exists. Rows of the database switch it: for the platform, where "off"
is final, and for one raffle, which may switch off, reorder and fill in its own settings. A method that
is off takes no new payments; those that are under way go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from sorteos_actors.payments.free import Free
from sorteos_actors.payments.sinpe import AUTO_MATCH, Sinpe
from sorteos_actors.payments.sinpe_code import phone_digits
from sorteos_actors.ports.payment_store import Method
from sorteos_actors.ports.payments import Provider

USUAL_ORDER: Final = {"sinpe": 40, "stripe": 30, "paypal": 20, "sandbox": 10}
"""The order where nobody has set another one: by what people here are used to."""


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """A provider that the environment has made possible, with its settings for all raffles."""

    provider: Provider
    settings: Mapping[str, Any] = {}
    required: tuple[str, ...] = ()
    """Settings without which it cannot be offered, wherever they come from."""


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A method that a buyer may choose, with the settings that a charge needs."""

    provider: Provider
    priority: int
    settings: Mapping[str, Any]


def wrong_setting(provider: str, settings: Mapping[str, str]) -> str | None:
    """The setting that cannot be, as somebody types them in; None when all can. Empty means unset."""
    phone = settings.get("phone")
    if provider == Sinpe.name and phone and phone_digits(phone) is None:
        return "phone"
    if provider == Sinpe.name and settings.get(AUTO_MATCH, "") not in ("", "on", "off"):
        return AUTO_MATCH
    return None


def priority_of(provider: str, rows: Sequence[Method]) -> int:
    """Where it stands among the others: as the last of these rows says that says anything. Pure."""
    set_to = [row.priority for row in rows if row.priority]
    return set_to[-1] if set_to else USUAL_ORDER.get(provider, 0)


def is_for(provider: Provider, price: int) -> bool:
    """Whether numbers of this price can be had that way: what is free has a method of its own."""
    return (provider.name == Free.name) is (price == 0)


def available(
    configured: Iterable[Configured],
    platform: Sequence[Method],
    raffle: Sequence[Method],
    price: int,
    currency: str,
) -> list[Offered]:
    """What a raffle of this price and currency offers, the highest priority first. Pure.

    A method without rows is on. One that the platform has switched off is off everywhere; otherwise
    the raffle's own row decides. Settings add up: the environment's, the platform's, the raffle's.
    """
    of_platform = {row.provider: row for row in platform}
    of_raffle = {row.provider: row for row in raffle}
    offered = []
    for one in configured:
        name = one.provider.name
        rows = [rows[name] for rows in (of_platform, of_raffle) if name in rows]
        settings = dict(one.settings)
        for row in rows:
            settings |= row.settings
        fits = is_for(one.provider, price) and one.provider.accepts(currency)
        is_ready = all(settings.get(key) for key in one.required)
        if fits and is_ready and all(row.enabled for row in rows):
            priority = priority_of(name, rows)
            offered.append(Offered(provider=one.provider, priority=priority, settings=settings))
    return sorted(offered, key=lambda method: (-method.priority, method.provider.name))


class Methods:
    """All providers of a server, by name."""

    def __init__(self, configured: Iterable[Configured]) -> None:
        self._configured = {one.provider.name: one for one in configured}

    @property
    def providers(self) -> Mapping[str, Provider]:
        """Every provider, also one that is switched off: its payments under way must end well."""
        return {name: one.provider for name, one in self._configured.items()}

    def offered(
        self, platform: Sequence[Method], raffle: Sequence[Method], price: int, currency: str
    ) -> list[Offered]:
        """What a raffle offers; see `available`."""
        return available(self._configured.values(), platform, raffle, price, currency)
