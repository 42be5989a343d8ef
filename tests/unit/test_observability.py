"""The dashboard and the alerts ask for figures that a node has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from ruamel.yaml import YAML

from sorteos_actors import metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana/dashboards/sorteos.json").read_text())
_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


def load(path: str) -> Any:
    """A YAML file below `deploy/`."""
    return YAML(typ="safe").load(DEPLOY / path)


def expressions() -> list[str]:
    """Everything that is asked of Prometheus."""
    asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    rules = [rule for group in load("prometheus/alerts.yml")["groups"] for rule in group["rules"]]
    return asked + [rule["expr"] for rule in rules]


@pytest.mark.parametrize("expression", expressions())
def test_every_figure_that_is_asked_for_exists(expression: str) -> None:
    assert metrics.COMMANDS is not None  # It is imported for what it registers.
    series = {
        f"{family.name}{suffix}": set(_label_names(family.name))
        for family in REGISTRY.collect()
        for suffix in _SUFFIXES.get(family.type, ())
    }
    asked = re.findall(r"\bsorteos_\w+", expression)
    assert asked or "up{" in expression
    labels = {"instance", "le"}
    for name in asked:
        assert name in series, name
        labels |= series[name]
    grouped = re.findall(r"by \(([^)]*)\)", expression)
    assert {label.strip() for group in grouped for label in group.split(",")} <= labels


def _label_names(family: str) -> tuple[str, ...]:
    collector: Any = REGISTRY._names_to_collectors.get(family)
    return tuple(getattr(collector, "_labelnames", ()))


def test_the_dashboard_uses_the_source_that_is_provisioned() -> None:
    (source,) = load("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    for panel in DASHBOARD["panels"]:
        assert panel["datasource"]["uid"] == source["uid"]
        assert panel["description"]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_the_paths_inside_the_containers_are_those_that_compose_mounts() -> None:
    services = YAML(typ="safe").load(DEPLOY.parent / "compose.yaml")["services"]
    (provider,) = load("grafana/provisioning/dashboards/sorteos.yml")["providers"]
    mounted = dict(
        reversed(volume.split(":")[:2])
        for name in ("prometheus", "grafana")
        for volume in services[name]["volumes"]
    )
    assert mounted[provider["options"]["path"]] == "./deploy/grafana/dashboards"
    for path in load("prometheus/prometheus.yml")["rule_files"]:
        folder, _, name = path.rpartition("/")
        assert (DEPLOY.parent / mounted[folder] / name).exists()
