"""sorteos_actors: a realtime server for raffles. This is the map; imports point down only.

    cli           the operator's verbs             main, node    build and wire everything
    workers/      several nodes on one machine
    terminal/     watch, bots, doctor in a terminal

    web/          the outside comes in             front_door ▸ socket, app ▸ routes; outbox, auth, limits
    testing/      shipped fakes and simulate()
    notify/       mail to buyers                   mailer ▸ writer ▸ letter, render ▸ smtp
    store/        PostgreSQL                       raffle_store (the fenced commit), queries, migrate
    cluster/      Redis, and the other nodes       leases, bus, peers, link ▸ shard ▸ connection

    actors/       the runtime                      registry ▸ host ▸ supervisor ▸ raffle_actor ▸ feed
    tickets/      proof of a purchase              code, ticket ▸ document (PDF), qr, press
    protocol/     bytes <-> messages, no I/O       decode, encode, board, messages, close_codes
    ports         what the actors need from the world, as Protocol classes
    clock, ids    PostgreSQL's time on the monotonic clock; fresh ids
    raffle/       the pure core                    model, commands, events, decide, evolve, deadline

    asyncio_bridge, config, embedded, metrics, logs, errors

Start with `raffle/` (no library knowledge needed), then follow one command down through
`web/socket` ▸ `actors/registry` ▸ `actors/raffle_actor`, and back up through `actors/feed`.
The story with pictures is docs/architecture.md.
"""
