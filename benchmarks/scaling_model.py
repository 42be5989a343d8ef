"""What many viewers and raffles need of nodes, Redis and PostgreSQL: a model. Pure.

A *node* is a process with a core to itself. All inputs are in `Costs` and `Load`; the limits that are
the product's own come from its code. Raffles are equally popular here; `scaling_simulation` has
popular ones, chance and failures.
"""

from __future__ import annotations

import math
from typing import Final, Literal

import msgspec

from sorteos_actors.actors.feed import BEACON_SECONDS, CPU_SHARE, MAX_HZ, SECONDS_PER_WRITE
from sorteos_actors.actors.raffle_actor import BATCH
from sorteos_actors.cluster.shard import PROBE_SECONDS
from sorteos_actors.web.limits import Limits

_LIMITS: Final = Limits()
assert _LIMITS.node_handshakes is not None
assert _LIMITS.sockets_per_node is not None
HANDSHAKES_A_SECOND: Final = _LIMITS.node_handshakes.per_second
SOCKETS_PER_NODE: Final = _LIMITS.sockets_per_node
JITTER_SECONDS: Final = 20.0
"""Clients come back at a moment of chance within this time."""

Placement = Literal["anywhere", "by raffle"]
"""How the load balancer spreads viewers: over all nodes, or by a hash of the raffle over few."""


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """Every measured input, and where it comes from. CPU in microseconds of one core."""

    # A viewer.
    frame_us: float = 9.3  # python3 run.py bench fanout: CPU a frame and viewer, 5,000 viewers
    idle_us: float = 3.2  # python -m benchmarks.scaling_costs: idle viewer, a second
    handshake_us: float = 420.0  # python -m benchmarks.scaling_costs
    viewer_kb: float = 24.0  # python3 run.py bench size: memory of a viewer
    kernel_kb: float = 6.0  # Centrifugo's published 4 KB; 39 KB (a prototype) for 5 % asleep
    frame_bytes: float = 27.0  # python3 run.py bench fanout: 63 bytes for 20 numbers
    number_bytes: float = 1.8  # the same
    packet_bytes: float = 66.0  # Ethernet, IP, TCP with timestamps; TLS not counted
    # A command.
    command_us: float = 300.0  # python3 run.py bench hot_raffle: people who stay
    turn_us: float = 110.0  # the owner's part of it: 36 % by the profile in docs/performance.md
    numbers_a_command: float = 2.0  # as in the benchmarks
    raffle_kb: float = 44.0  # python3 run.py bench size: an idle raffle of 100, loaded
    activation_us: float = 2650.0  # python -m benchmarks.scaling_costs
    # Between nodes: prototypes, until `python3 run.py bench cluster` measures the real thing.
    forward_us: float = 120.0  # a forwarded command, on each side
    relay_us: float = 60.0  # an update or beacon that a node receives
    relay_command_us: float = 1.0  # for each command in such an update: its private push
    awake_us: float = 40.0  # a raffle's lease renewal and beacon, a second; assumed
    bus_bytes: float = 70.0  # an update without its commands, encoded as msgpack
    bus_command_bytes: float = 240.0  # what each command adds to it: numbers, private push
    forward_bytes: float = 400.0  # a forwarded command with its answer; assumed
    # Redis.
    redis_deliveries: float = 650_000.0  # a second, 256 B: Centrifugo's published figure
    redis_publish_us: float = 0.55  # python -m benchmarks.scaling_costs: nobody hears it
    redis_lease_us: float = 3.5  # python -m benchmarks.scaling_costs: renewal in Lua
    redis_gbit: float = 10.0  # its network card; assumed
    # PostgreSQL.
    commit_ms: float = 0.67  # one command in one commit, as the actor waits; a prototype
    commit_command_ms: float = 0.02  # each further command in it; the same prototype
    postgres_commits: float = 10_000.0  # a second, 64 connections, fdatasync 0.1 ms; a prototype
    postgres_cores: float = 16.0  # of one server; assumed
    postgres_commit_us: float = 430.0  # python -m benchmarks.scaling_costs: alone minus shared
    postgres_command_us: float = 40.0  # python -m benchmarks.scaling_costs: 100 people at once
    postgres_sweep_us: float = 200.0  # one node's query a second; assumed
    postgres_activation_us: float = 650.0  # python -m benchmarks.scaling_costs
    wal_commit_bytes: float = 150.0  # python -m benchmarks.scaling_costs: alone minus shared
    wal_command_bytes: float = 1200.0  # python -m benchmarks.scaling_costs: 100 people at once


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for."""

    viewers: int
    raffles: int
    commands_a_viewer: float = 0.01
    """A second. A stampede: everybody taps once in a hundred seconds."""
    wanted_hz: float = 4.0
    """Feeds may not become slower than this: a change is on its way within 250 ms."""
    share: float = 0.7
    """Part of a core, a Redis or a PostgreSQL that may be used steadily."""
    placement: Placement = "anywhere"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a load needs. Rates a second and in total, unless said otherwise."""

    nodes: int
    bound: str
    """What one node fewer would break: `rate`, `cpu`, `sockets`; `-` for a single node."""
    spread: float
    """Nodes that have viewers of one raffle."""
    hz: float
    """The highest rate of a feed, by its formula."""
    updates: float
    """Updates of one raffle that happen at this load."""
    cores: dict[str, float]
    """Cores in use by what for: `fan-out`, `relay`, `commands`, `owning`."""
    commands: float
    refused: float
    """Commands beyond what the raffles' actors can take: `unavailable`."""
    memory_gb: float
    egress_gbit: float
    deliveries: float
    leases: float
    bus_gbit: float
    redis_servers: int
    relays: int
    """Regional relays, when one channel is too much for one Redis; else 0."""
    commits: float
    rows: float
    wal_mb: float
    postgres_servers: int
    return_seconds: float
    """Until everybody is back after a restart of everything."""
    needs: dict[str, float]
    """Each resource in units of one (a core, a server) at full use."""
    wall: str
    """What is first in the way: `one actor`, `one channel`, else the greatest of `needs`."""


def feed_hz(viewers: float) -> float:
    """Ticks a second that a feed allows itself for its viewers on one node."""
    return 1 / max(1 / MAX_HZ, viewers * SECONDS_PER_WRITE / CPU_SHARE)


def updates_a_second(changes: float, hz: float) -> float:
    """Updates that come of changes at times of chance: first at once, then at most `hz`."""
    if changes <= 0:
        return 0.0
    return 1 / (1 / hz + math.exp(-changes / hz) / changes)


def commits_a_second(commands: float, costs: Costs, wait_us: float) -> float:
    """Commits of one raffle: alone each command has its own, under load they share.

    `wait_us` is what a command costs the actor's core besides the commit. A turn takes what has
    come during the last one.
    """
    each = costs.commit_command_ms / 1e3 + wait_us / 1e6
    saturated = max(0.0, 1 - commands * each) / (costs.commit_ms / 1e3)
    return max(min(commands, saturated), commands / BATCH)


class Cluster:
    """A load on a number of nodes."""

    def __init__(self, load: Load, costs: Costs, nodes: int) -> None:
        self.nodes = nodes
        self.awake = min(load.raffles, load.viewers)
        each = load.viewers / self.awake
        self.viewers_here = load.viewers / nodes
        self.spread = (
            nodes * -math.expm1(each * math.log1p(-1 / nodes))
            if load.placement == "anywhere" and nodes > 1
            else float(math.ceil(nodes / self.awake))
        )
        self.hz = feed_hz(each / self.spread)
        self.away = 1 - 1 / self.spread
        demand = load.viewers * load.commands_a_viewer / self.awake
        self.updates = updates_a_second(demand, self.hz)
        self.spoken = self.updates + math.exp(-self.updates * BEACON_SECONDS) / BEACON_SECONDS
        fan_out = load.viewers * (self.updates * costs.frame_us + costs.idle_us) / 1e6
        # The owner's core also has viewers. What they leave, decides how much one raffle can sell.
        self.actor_us = costs.turn_us + costs.forward_us if self.away else costs.command_us
        ceiling = max(0.0, 1 - fan_out / nodes) / (self.actor_us / 1e6)
        self.accepted = min(demand, ceiling)
        self.refused = (demand - self.accepted) * self.awake
        self.commands = self.accepted * self.awake
        heard = self.awake * (self.spread - 1)
        self.deliveries = heard * self.spoken
        self.cores = {
            "fan-out": fan_out,
            "relay": (
                self.deliveries * costs.relay_us + heard * self.accepted * costs.relay_command_us
            )
            / 1e6,
            "commands": self.commands * (costs.command_us + 2 * costs.forward_us * self.away) / 1e6,
            "owning": self.awake * costs.awake_us / 1e6,
        }
        self.bus_bytes = (
            self.deliveries * costs.bus_bytes
            + heard * self.accepted * costs.bus_command_bytes
            + self.commands * self.away * costs.forward_bytes
        )

    def misses(self, load: Load) -> str:
        """The first requirement that is not met; empty when all are."""
        if self.viewers_here > SOCKETS_PER_NODE:
            return "sockets"
        if self.hz < load.wanted_hz:
            return "rate"
        return "cpu" if sum(self.cores.values()) > self.nodes * load.share else ""


def plan(load: Load, costs: Costs) -> Plan:
    """The smallest cluster that carries a load, and what it uses."""
    most = 1
    while Cluster(load, costs, most).misses(load):
        most *= 2
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (
            (middle, most) if Cluster(load, costs, middle).misses(load) else (least, middle)
        )
    bound = Cluster(load, costs, most - 1).misses(load) if most > 1 else "-"
    return _describe(Cluster(load, costs, most), load, costs, bound)


def _describe(cluster: Cluster, load: Load, costs: Costs, bound: str) -> Plan:
    nodes, awake, commands = cluster.nodes, cluster.awake, cluster.commands
    forwarded = commands * cluster.away
    deliveries = cluster.deliveries + 2 * forwarded
    redis_cpu = (
        deliveries / costs.redis_deliveries
        + (awake * cluster.spoken + 2 * forwarded) * costs.redis_publish_us / 1e6
        + awake * costs.redis_lease_us / 1e6
    )
    bus_gbit = cluster.bus_bytes * 8 / 1e9
    # Every node proves delivery on every server: that part does not become less by more servers.
    probes = nodes / PROBE_SECONDS
    probing = probes / costs.redis_deliveries + probes * costs.redis_publish_us / 1e6
    commits = awake * commits_a_second(cluster.accepted, costs, cluster.actor_us)
    postgres_us = (
        commits * costs.postgres_commit_us
        + commands * costs.postgres_command_us
        + nodes * costs.postgres_sweep_us
    )
    needs = {
        "CPU for viewers": cluster.cores["fan-out"],
        "CPU for relaying": cluster.cores["relay"],
        "CPU for commands and leases": cluster.cores["commands"] + cluster.cores["owning"],
        "Redis CPU": redis_cpu,
        "Redis network": bus_gbit / costs.redis_gbit,
        "PostgreSQL commits": commits / costs.postgres_commits,
        "PostgreSQL CPU": postgres_us / 1e6 / costs.postgres_cores,
    }
    redis_servers = math.ceil(
        max(
            1,
            needs["Redis CPU"] / max(0.01, load.share - probing),
            needs["Redis network"] / load.share,
        )
    )
    channel = max(cluster.deliveries / costs.redis_deliveries, bus_gbit / costs.redis_gbit) / awake
    relays = math.ceil(channel / load.share) if channel > load.share else 0
    wall = max(needs, key=needs.__getitem__)
    if cluster.refused or relays:  # More of the same does not help against these two.
        wall = "one actor" if cluster.refused else "one channel"
    postgres_load = max(needs["PostgreSQL commits"], needs["PostgreSQL CPU"])
    postgres_servers = max(1, math.ceil(postgres_load / load.share))
    numbers = commands * costs.numbers_a_command / awake
    update_bytes = cluster.updates * (costs.packet_bytes + costs.frame_bytes)
    return Plan(
        nodes=nodes,
        bound=bound,
        spread=cluster.spread,
        hz=cluster.hz,
        updates=cluster.updates,
        cores=cluster.cores,
        commands=commands,
        refused=cluster.refused,
        memory_gb=(
            load.viewers * (costs.viewer_kb + costs.kernel_kb)
            + awake * cluster.spread * costs.raffle_kb
        )
        / 1e6,
        egress_gbit=load.viewers * (update_bytes + numbers * costs.number_bytes) * 8 / 1e9,
        deliveries=deliveries + probes * redis_servers,
        leases=float(awake),
        bus_gbit=bus_gbit,
        redis_servers=redis_servers,
        relays=relays,
        commits=commits,
        rows=commits + commands * (costs.numbers_a_command + 2),
        wal_mb=(commits * costs.wal_commit_bytes + commands * costs.wal_command_bytes) / 1e6,
        postgres_servers=postgres_servers,
        return_seconds=max(
            JITTER_SECONDS,
            load.viewers / nodes / HANDSHAKES_A_SECOND,
            awake * costs.activation_us / 1e6 / nodes,
            awake * costs.postgres_activation_us / 1e6 / postgres_servers / costs.postgres_cores,
        ),
        needs=needs,
        wall=wall,
    )
