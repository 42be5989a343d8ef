"""What the actors need from the world, as Protocol classes.

Adapters never import the actors, the actors never import an adapter; `main` brings them together.
Each method says what is atomic, what is durable, and what a caller may repeat.
"""

from sorteos_actors.ports.cluster import (
    Answer,
    Bus,
    FeedUpdate,
    Lease,
    Moved,
    Notice,
    Owner,
    Peers,
    PrivatePush,
    Reply,
)
from sorteos_actors.ports.store import (
    Accounts,
    Activation,
    Batch,
    Contact,
    JournalEntry,
    JournalRow,
    Language,
    News,
    Picture,
    Position,
    Queries,
    RaffleStore,
    ReservationRecord,
    Tenure,
    TicketRecord,
)
from sorteos_actors.ports.world import (
    Clock,
    Ids,
)

__all__ = [
    "Accounts",
    "Activation",
    "Answer",
    "Batch",
    "Bus",
    "Clock",
    "Contact",
    "FeedUpdate",
    "Ids",
    "JournalEntry",
    "JournalRow",
    "Language",
    "Lease",
    "Moved",
    "News",
    "Notice",
    "Owner",
    "Peers",
    "Picture",
    "Position",
    "PrivatePush",
    "Queries",
    "RaffleStore",
    "Reply",
    "ReservationRecord",
    "Tenure",
    "TicketRecord",
]
