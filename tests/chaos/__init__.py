"""Chaos with real processes: a whole cluster, buyers who remember what they were told, and a nemesis.

    cluster     nodes, PostgreSQL, Valkey, HAProxy, and a bad network between them
    buyers      commands of all kinds over sockets and HTTP, recorded; lost ones are repeated
    viewers     boards at every node, which must end equal to the database
    faults      everything that can be done to a cluster, one function each
    schedule    which faults, when and how long: drawn from a seed, printed before it begins
    judge       what must hold after healing
    trial       one run: trade under a schedule, heal, judge
    late_payments  money that comes when nobody waits for it, while nodes are killed

`python -m tests.chaos --help` is the long run; `test_chaos.py` the short one for every change.
"""
