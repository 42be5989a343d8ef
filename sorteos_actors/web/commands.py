"""From a client's message to a command of the core: labels become numbers, the caller its user."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never
from uuid import UUID

from sorteos_actors.ports import Ids
from sorteos_actors.protocol import messages
from sorteos_actors.protocol.timestamps import parse_rfc3339
from sorteos_actors.raffle import Command, RaffleTerms, Rejection, RejectionCode, commands

CommandMessage = (
    messages.Reserve
    | messages.QuickPick
    | messages.Add
    | messages.Remove
    | messages.Swap
    | messages.Cancel
    | messages.Checkout
    | messages.Extend
)


def to_command(
    message: CommandMessage, terms: RaffleTerms, user_id: UUID, ids: Ids
) -> Command | Rejection:
    """The command, or `unknown_number` with every label that this raffle does not have."""
    reservation_id = message.reservation_id
    match message:
        case messages.Reserve() | messages.Add() | messages.Remove():
            numbers = numbers_of(terms, message.numbers)
            if isinstance(numbers, Rejection):
                return numbers
            if isinstance(message, messages.Reserve):
                return commands.ReserveNumbers(user_id, reservation_id, numbers)
            if isinstance(message, messages.Add):
                return commands.AddNumbers(user_id, reservation_id, numbers)
            return commands.RemoveNumbers(user_id, reservation_id, numbers)
        case messages.Swap():
            give, take = numbers_of(terms, message.give), numbers_of(terms, message.take)
            if isinstance(give, Rejection):
                return give
            if isinstance(take, Rejection):
                return take
            return commands.SwapNumbers(user_id, reservation_id, give, take)
        case messages.QuickPick():
            wanted = message.filter
            return commands.QuickPick(
                user_id,
                reservation_id,
                message.count,
                ids.entropy(),
                commands.QuickPickFilter(wanted.starts_with, wanted.ends_with, wanted.contains)
                if wanted is not None
                else commands.QuickPickFilter(),
            )
        case messages.Cancel():
            return commands.CancelReservation(user_id, reservation_id)
        case messages.Checkout():
            return commands.StartCheckout(user_id, reservation_id)
        case messages.Extend():
            try:
                seen = parse_rfc3339(message.expires_at)
            except ValueError:
                return Rejection(RejectionCode.BAD_REQUEST, {"field": "expires_at"})
            return commands.ExtendReservation(user_id, reservation_id, seen)
        case _:
            assert_never(message)


def numbers_of(terms: RaffleTerms, labels: Iterable[str]) -> tuple[int, ...] | Rejection:
    """The numbers printed as `labels`, or a refusal that names every stranger."""
    numbers: list[int] = []
    strangers: list[str] = []
    for label in labels:
        number = terms.parse_label(label)
        if number is None:
            strangers.append(label)
        else:
            numbers.append(number)
    if strangers:
        return Rejection(RejectionCode.UNKNOWN_NUMBER, {"numbers": strangers})
    return tuple(numbers)
