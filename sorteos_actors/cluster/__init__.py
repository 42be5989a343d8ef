"""Redis: what nodes use to find each other. Never the truth, and never a condition for it.

    leases      who should run a raffle's actor          locks     a lock for anybody, with the same care
    peers       a command goes to the node that owns     follow    a raffle's frames reach other nodes
    bus         messages between nodes, over sharded pub/sub
    link        scripts and channels, on one Redis or a Redis Cluster (topology: which server has what)
    shard       one server: a connection on a trio stream that comes back, and proves itself
    breaker     Redis that hurts is left alone for a while

What they say may be late, lost, or wrong: PostgreSQL's epoch decides what may be written.
"""
