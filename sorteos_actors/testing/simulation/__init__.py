"""Whole clusters in one process, on a virtual clock, with faults drawn from a seed.

run        one seed: chaos, then healing, then calm; the same seed gives the same trace
truth      PostgreSQL in memory, which judges every commit and remembers every position
node_store one node's way to it: slow, cut off, answers lost
nodes      real registries, leases, bus and peers; they crash, freeze, leave and come back
people     buyers who repeat what got no answer, and viewers who compare what they see
nemesis    what goes wrong, and when

python -m sorteos_actors.testing.simulation --seed 17          replay one
python -m sorteos_actors.testing.simulation --seeds 20000      many, with figures
"""
