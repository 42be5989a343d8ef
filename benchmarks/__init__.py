"""Benchmarks: every figure of docs/performance.md, with its baseline in the same run.

    __main__       the command line            report, plot   tables and the picture
    figures        medians, ratios, goals      machine        what it was measured on
    servers        PostgreSQL, Valkey, and the server under test, each a process of its own
    wire, swarm    a WebSocket client that costs next to nothing, and many of them
    buyers, load   what buyers say, and how often

    hot_raffle, latency, fanout, slow_viewers, expiry, size, start     one scenario each

    scaling                      the tables of docs/scaling.md: what many viewers and raffles need
    scaling_model, _crowd        the model, with every measured input in `Costs`; popular raffles
    scaling_simulation           an opening and the loss of a node, second by second
    scaling_costs                measures those inputs that no scenario shows
    scaling_tables               text, Markdown, JSON

All traffic stays on the loopback interface, and every scenario ends by itself.
"""
