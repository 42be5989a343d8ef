"""The runtime of raffles: mailbox, actor, feed, supervisor, registry.

A command goes down: `registry` finds the raffle's `supervisor`, which keeps its `raffle_actor`
running and owns its `mailbox`. What happened goes up: the actor commits, then publishes to the
`feed`, then answers. Nothing here opens a socket or speaks SQL.
"""
