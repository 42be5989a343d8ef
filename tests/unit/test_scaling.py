"""The scaling model: monotone, honest about what binds, and never older than its page."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from msgspec.structs import replace

from benchmarks import scaling, scaling_model, scaling_simulation
from benchmarks.scaling_model import (
    SOCKETS_PER_NODE,
    Costs,
    Load,
    Placement,
    commits_a_second,
    feed_hz,
    plan,
    updates_a_second,
)
from benchmarks.scaling_simulation import Outcome, simulate
from benchmarks.scaling_tables import about, markdown
from sorteos_actors.actors.feed import Feed
from sorteos_actors.actors.raffle_actor import BATCH

PAGE = Path(__file__).parents[2] / "docs/scaling.md"
COSTS = Costs()
CHEAP = replace(COSTS, frame_us=0.1, relay_us=0.1, forward_us=0.1, command_us=1.0, turn_us=0.1)
"""So that nothing counts but sockets and doors."""
PLACEMENTS: tuple[Placement, ...] = ("anywhere", "by raffle")
LOADS = [
    Load(viewers=viewers, raffles=raffles, placement=placement)
    for viewers, raffles, placement in product(scaling.VIEWERS, scaling.RAFFLES, PLACEMENTS)
]


@cache
def run(viewers: int, raffles: int, seed: int) -> Outcome:
    return simulate(Load(viewers=viewers, raffles=raffles), COSTS, seed=seed)


# -- the model ---------------------------------------------------------------------------------


@pytest.mark.parametrize("viewers", [0, 1, 3_012, 3_013, 15_000, 20_000, 1_000_000])
def test_the_rate_is_that_of_the_feed_itself(viewers: int) -> None:
    stub = SimpleNamespace(_audience=range(viewers))
    interval = cast("Any", Feed.interval).fget(stub)
    assert feed_hz(viewers) == pytest.approx(1 / interval)


@pytest.mark.parametrize(("raffles", "placement"), [*product(scaling.RAFFLES, PLACEMENTS)])
def test_more_viewers_never_need_less(raffles: int, placement: Placement) -> None:
    plans = [
        plan(Load(viewers=viewers, raffles=raffles, placement=placement), COSTS)
        for viewers in (1, 100, 10_000, 100_000, 1_000_000, 3_000_000, 10_000_000)
    ]
    for less, more in pairwise(plans):
        assert less.nodes <= more.nodes
        assert less.memory_gb < more.memory_gb
        assert less.commands <= more.commands * 1.05  # One actor sells a little less among more.
        assert less.postgres_servers <= more.postgres_servers


@pytest.mark.parametrize("load", LOADS)
def test_what_is_said_to_bind_the_number_of_nodes_does(load: Load) -> None:
    found = plan(load, COSTS)
    if found.bound == "-":
        assert found.nodes == 1
        return
    slower = plan(replace(load, wanted_hz=load.wanted_hz / 2), COSTS).nodes
    fuller = plan(replace(load, share=0.99), COSTS).nodes
    assert (slower < found.nodes) == (found.bound == "rate")
    assert (fuller < found.nodes) == (found.bound == "cpu")
    fits = load.viewers <= (found.nodes - 1) * SOCKETS_PER_NODE
    assert fits == (found.bound != "sockets")


@pytest.mark.parametrize("load", LOADS)
def test_a_plan_keeps_within_its_limits(load: Load) -> None:
    found = plan(load, COSTS)
    assert load.viewers <= found.nodes * SOCKETS_PER_NODE
    assert sum(found.cores.values()) <= found.nodes * load.share
    assert found.hz >= load.wanted_hz
    assert found.updates <= found.hz
    redis = max(found.needs["Redis CPU"], found.needs["Redis network"])
    postgres = max(found.needs["PostgreSQL commits"], found.needs["PostgreSQL CPU"])
    assert redis <= found.redis_servers * load.share
    assert postgres <= found.postgres_servers * load.share


CHEAPER = {
    "CPU for viewers": {"frame_us": COSTS.frame_us / 2},
    "CPU for relaying": {"relay_us": COSTS.relay_us / 2},
    "CPU for commands and leases": {
        "command_us": COSTS.command_us / 2,
        "awake_us": COSTS.awake_us / 2,
    },
    "one channel": {"bus_command_bytes": COSTS.bus_command_bytes / 10},
    "one actor": {"turn_us": 1.0, "forward_us": 1.0},
}


@pytest.mark.parametrize("load", LOADS)
def test_the_first_wall_moves_when_what_it_is_made_of_gets_cheaper(load: Load) -> None:
    before = plan(load, COSTS)
    after = plan(load, replace(COSTS, **CHEAPER[before.wall]))
    if before.wall == "one actor":
        assert before.refused > 0
        assert after.commands > before.commands * 2
    elif before.wall == "one channel":
        assert before.relays > 1
        assert after.relays == 0
    else:
        assert before.refused == before.relays == 0
        assert before.needs[before.wall] == max(before.needs.values())
        assert after.needs[before.wall] < before.needs[before.wall]


def test_more_nodes_do_not_help_one_raffle() -> None:
    few = plan(Load(viewers=1_000_000, raffles=1), COSTS)
    many = plan(Load(viewers=10_000_000, raffles=1), COSTS)
    assert many.nodes > few.nodes * 9
    assert many.commands == pytest.approx(few.commands, rel=0.01)


def test_viewers_of_a_raffle_together_need_less_of_everything_between_nodes() -> None:
    for load in LOADS[1::2]:
        together, anywhere = plan(load, COSTS), plan(replace(load, placement="anywhere"), COSTS)
        assert together.nodes <= anywhere.nodes
        assert together.deliveries <= anywhere.deliveries
        assert together.redis_servers <= anywhere.redis_servers


@pytest.mark.parametrize("changes", [0.0, 0.01, 1.0, 15.0, 400.0])
@pytest.mark.parametrize("hz", [0.5, 4.0, 20.0])
def test_updates_are_no_more_than_the_changes_and_no_more_than_the_rate(
    changes: float, hz: float
) -> None:
    updates = updates_a_second(changes, hz)
    assert updates <= min(changes, hz)
    assert updates >= min(changes, hz) / 2


@pytest.mark.parametrize("commands", [0.0, 0.1, 10.0, 1000.0, 3000.0, 100_000.0])
def test_commits_are_shared_the_more_the_busier_and_within_the_batch(commands: float) -> None:
    commits = commits_a_second(commands, COSTS, 230.0)
    assert commands / BATCH <= commits <= commands
    assert (commits == commands) == (commands <= 1000)


def test_every_input_says_where_it_comes_from() -> None:
    source = Path(scaling_model.__file__).read_text()
    for name in Costs.__struct_fields__:
        assert re.search(rf"^    {name}: float = \S+  # \S", source, re.MULTILINE), name


# -- the simulation ----------------------------------------------------------------------------


def test_the_same_seed_tells_the_same_story_and_another_one_another() -> None:
    load = Load(viewers=100_000, raffles=1000)
    again = simulate(load, COSTS, seed=1)
    assert msgspec.json.encode(again) == msgspec.json.encode(run(100_000, 1000, 1))
    assert again != run(100_000, 1000, 2)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("viewers", "raffles"), [(7, 3), (10_000, 100), (100_000, 1000)])
def test_every_viewer_is_inside_or_on_the_way_in_every_second(
    viewers: int, raffles: int, seed: int
) -> None:
    outcome = run(viewers, raffles, seed)
    assert {inside + coming for inside, coming in outcome.counts} == {viewers}
    assert outcome.counts[-1] == (viewers, 0)


def test_who_is_turned_away_at_the_door_gets_in_later() -> None:
    """Three nodes let 1,500 in a second, and more than 2,000 come in the first one."""
    outcome = simulate(Load(viewers=36_000, raffles=1000), CHEAP, seed=3)
    assert outcome.nodes == 3
    assert outcome.counts[0][0] == 3 * scaling_model.HANDSHAKES_A_SECOND
    assert outcome.counts[-1][0] == 36_000
    assert outcome.recovered_after is not None
    assert outcome.recovered_after >= outcome.sockets_lost / (2 * scaling_model.HANDSHAKES_A_SECOND)


def test_a_cluster_that_is_too_small_after_the_loss_says_so() -> None:
    outcome = simulate(Load(viewers=45_000, raffles=1000), CHEAP, seed=3)
    assert outcome.nodes == 3
    assert max(inside for inside, _ in outcome.counts[-60:]) == 2 * SOCKETS_PER_NODE
    assert outcome.recovered_after is None


def test_a_lost_node_takes_its_sockets_and_raffles_and_both_come_back() -> None:
    outcome = run(100_000, 1000, 1)
    before, after = (outcome.counts[scaling_simulation.LOSS_AT + i][0] for i in (-1, 0))
    assert 0 < before - after <= outcome.sockets_lost
    assert outcome.raffles_lost > 0
    assert outcome.recovered_after is not None
    assert 4 <= outcome.recovered_after <= 20
    assert outcome.after_loss.utilization[0] >= outcome.steady.utilization[0]


def test_popular_raffles_need_at_least_as_many_nodes_as_even_ones() -> None:
    outcome = run(100_000, 1000, 1)
    assert outcome.planned_nodes <= outcome.nodes
    assert outcome.steady.utilization[0] <= outcome.steady.utilization[2]


# -- the page ----------------------------------------------------------------------------------


def test_the_page_has_the_tables_that_the_model_prints_today() -> None:
    assert markdown(scaling.tables()) in PAGE.read_text()


def test_the_page_has_the_table_that_the_simulation_prints_today() -> None:
    table = scaling_simulation.table(scaling_simulation.outcomes())
    assert markdown([table]) in PAGE.read_text()


def test_figures_have_two_digits_that_matter() -> None:
    assert [about(x) for x in (0, 0.004, 0.0749, 0.3, 8.04, 1764, 8_305_951.0)] == [
        *("0", "< 0.01", "0.075", "0.3", "8", "1,800", "8,300,000")
    ]
