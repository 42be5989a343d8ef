"""Failures, one class a cause. A refusal is not a failure: see `raffle.rejections`."""

from __future__ import annotations


class RaffleNotFound(Exception):
    """No raffle has this id."""


class Deposed(Exception):
    """The fence matched no row: another owner has a newer epoch, or our position is stale.

    Nothing of the batch was written. The actor must stop at once; it may not commit again.
    """


class StoreUnavailable(Exception):
    """PostgreSQL could not be reached, or did not answer in time.

    For a commit the outcome is *unknown*: it may have been applied. Unlike `GuardViolated`, the
    cause is outside of us, so it does not count against the raffle.
    """


class Leaving(Exception):
    """This node leaves and takes nothing any more, and there is no other node."""


class RedisUnavailable(Exception):
    """Redis could not be reached, or did not answer in time. Whether it did what was asked is unknown."""


class LockTaken(Exception):
    """Somebody else has the lock."""


class LockLost(Exception):
    """The lock is not ours any more: its time was over, or Redis has forgotten it."""


class PeerGone(Exception):
    """Nobody listens at that node: it has ended. What was sent to it had no effect."""


class PeerSilent(Exception):
    """A node gave no answer in time. Whether it did what was asked is unknown."""


class GuardViolated(Exception):
    """The schema refused a batch that `decide` had allowed. Nothing was written; it is our bug.

    `constraint` is the name of the rule that was broken, where it has one.
    """

    def __init__(self, reason: str, constraint: str | None = None) -> None:
        super().__init__(reason)
        self.constraint = constraint


class MoneyMoved(GuardViolated):
    """A sale or a refund rests on money that is not there as its command said. Nothing was written.

    No bug: a payment may change between being read and being applied. Read it again.
    """


class CannotStart(Exception):
    """The server cannot start. The message is one sentence that tells a person what to do."""


class ProviderUnavailable(Exception):
    """A payment provider gave no answer that settles it. Whether it did what was asked is unknown.

    Asking again with the same key is safe. The message says nothing of keys or of people.
    """


class ProviderRefused(Exception):
    """A payment provider has said no, definitely. `code` is its own word for the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ForgedWebhook(Exception):
    """A webhook is not what it claims: signature, time, account or shape. It changes nothing."""


class MailUnavailable(Exception):
    """The mail server gave no answer that settles it: the mail may have gone or not. Try later.

    The message names no address, and repeats nothing that the server said.
    """


class MailRefused(Exception):
    """The mail server will never take this mail for this address. The message is as above."""


class ReferenceTaken(Exception):
    """Another payment has this provider's reference: the same money cannot pay twice."""
