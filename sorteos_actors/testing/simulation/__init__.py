"""Whole clusters in one process, on a virtual clock, with faults drawn from a seed.

run        one seed: chaos, then healing, then calm; the same seed gives the same trace
truth      PostgreSQL in memory, which judges every commit and remembers every position
node_store one node's way to it: slow, cut off, answers lost
nodes      real registries, leases, bus and peers; they crash, freeze, leave and come back
people     buyers who repeat what got no answer, and viewers who compare what they see
bank       the real sandbox behind a bad road; vault has what it really did
till       how buyers pay: again, twice, never, or when it is too late
books      the rows of payments, judged by the vaults as they are written
node_money one node's way to those rows
closing    after hours: every payment at rest, every colón accounted for
life       one life of a process, with what runs in it
nemesis    what goes wrong, and when

python -m sorteos_actors.testing.simulation --seed 17          replay one
python -m sorteos_actors.testing.simulation --seeds 20000      many, with figures
"""
