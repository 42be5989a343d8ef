"""Whether somebody may see a raffle whose feed, on this node, may be a moment behind its owner's."""

from __future__ import annotations

from sorteos_actors.actors.feed import Feed
from sorteos_actors.web.auth import Identity, may_see
from sorteos_actors.web.services import Services


async def may_see_now(services: Services, identity: Identity | None, feed: Feed) -> bool:
    """As `may_see`, of what PostgreSQL says when the feed says no.

    A raffle that was just published through another node must not be hidden from its first buyers.
    Nothing ever becomes a draft again, so a yes needs no second look. Raises `StoreUnavailable`.
    """
    if may_see(identity, feed.summary):
        return True
    summary = await services.queries.raffle(feed.raffle_id)
    return summary is not None and may_see(identity, summary)
