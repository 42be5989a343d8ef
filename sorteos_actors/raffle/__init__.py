"""The pure core: what a raffle is, what may be asked of it, and what happens then.

No clock, no chance, no I/O, no trio: time and entropy come in as arguments. Read in this order:
`model`, `commands`, `events`, `lifecycle`, `decide` (with `questions`, `decide_numbers` and
`decide_payment`), `evolve`, `deadline`.
"""

from sorteos_actors.raffle.commands import Command
from sorteos_actors.raffle.deadline import next_deadline
from sorteos_actors.raffle.decide import decide, extensions_left
from sorteos_actors.raffle.decide_payment import paid_reservation
from sorteos_actors.raffle.events import Event
from sorteos_actors.raffle.evolve import evolve, replay
from sorteos_actors.raffle.model import (
    Millis,
    Phase,
    Raffle,
    RaffleStatus,
    RaffleSummary,
    RaffleTerms,
    Reservation,
)
from sorteos_actors.raffle.questions import Decision
from sorteos_actors.raffle.rejections import Rejection, RejectionCode

__all__ = [
    "Command",
    "Decision",
    "Event",
    "Millis",
    "Phase",
    "Raffle",
    "RaffleStatus",
    "RaffleSummary",
    "RaffleTerms",
    "Rejection",
    "RejectionCode",
    "Reservation",
    "decide",
    "evolve",
    "extensions_left",
    "next_deadline",
    "paid_reservation",
    "replay",
]
