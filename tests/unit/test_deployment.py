"""The files of an installation: they fit the program, and each other."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sorteos_actors import config
from sorteos_actors.config import Settings
from sorteos_actors.main import DRAIN_SECONDS
from sorteos_actors.web import openapi
from tests.integration.proxy_process import CONFIGURATION, configured, haproxy

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
ROUTES = set(openapi.document()["paths"])


def yaml(text: str) -> list[Any]:
    """Every document of a file."""
    return list(YAML(typ="safe").load_all(text))


COMPOSE_TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE = yaml(COMPOSE_TEXT)[0]
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NODES = {name: service for name, service in SERVICES.items() if re.fullmatch(r"node\d", name)}
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
KUBERNETES = {found["kind"]: found for found in yaml((DEPLOY / "kubernetes.yaml").read_text())}
POD = KUBERNETES["Deployment"]["spec"]["template"]["spec"]
CONTAINER = POD["containers"][0]


@pytest.fixture
def known_names(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every name that the settings are read from, with and without `_FILE`."""
    names = set()
    given = {"DB_HOST": "h", "REDIS_HOST": "h", "JWT_SECRET": "x" * 32}

    def read(_: object, name: str) -> str | None:
        names.add(name)
        return given.get(name)

    monkeypatch.setattr(config, "_text", read)
    Settings.from_environment()
    monkeypatch.undo()
    return names | {f"{name}_FILE" for name in names}


# -- compose.yaml ----------------------------------------------------------------------------


def validate_compose(path: Path) -> subprocess.CompletedProcess[str]:
    tool = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    return subprocess.run([*tool, str(path)], capture_output=True, text=True, check=False)


def test_compose_yaml_is_what_the_compose_specification_allows(tmp_path: Path) -> None:
    checked = validate_compose(ROOT / "compose.yaml")
    assert checked.returncode == 0, checked.stdout
    broken = tmp_path / "compose.yaml"
    broken.write_text(COMPOSE_TEXT.replace("    image: postgres:18", "    imagine: postgres:18"))
    assert validate_compose(broken).returncode == 1


def test_every_file_that_compose_mounts_is_there() -> None:
    mounted = [
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if volume.startswith(".")
    ]
    assert "./deploy/haproxy.cfg" in mounted
    for path in mounted:
        assert (ROOT / path).exists(), path


def test_secrets_are_files_that_neither_git_nor_an_image_can_hold() -> None:
    for name, secret in COMPOSE["secrets"].items():
        assert secret["file"] == f"./deploy/secrets/{name}"
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    for service in SERVICES.values():
        for given in service.get("secrets", []):
            assert given in COMPOSE["secrets"]
        for name, value in service.get("environment", {}).items():
            if re.search("SECRET|PASSWORD|TOKEN", name):
                assert name.endswith("_FILE"), name
                assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_every_service_is_watched_or_runs_once() -> None:
    awaited = {
        name: wait["condition"]
        for service in SERVICES.values()
        for name, wait in service.get("depends_on", {}).items()
    }
    for name, service in SERVICES.items():
        if service["healthcheck"].get("disable"):
            assert service["restart"] == "no"
            assert awaited[name] == "service_completed_successfully"
        else:
            assert service["healthcheck"]["test"][0] == "CMD", name
            assert "stop_grace_period" in service, name
    for name, condition in awaited.items():
        has_check = not SERVICES[name]["healthcheck"].get("disable")
        assert has_check == (condition != "service_completed_successfully")


def test_compose_sets_only_variables_that_the_program_reads(known_names: set[str]) -> None:
    for name in (*NODES, "migrate"):
        assert set(SERVICES[name]["environment"]) <= known_names


def test_the_settings_of_a_node_in_compose_are_good(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in SERVICES["node1"]["environment"].items():
        if name.endswith("_FILE"):
            secret = tmp_path / name
            secret.write_text("f00dfeed" * 8 + "\n")
            value = str(secret)
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:-(.*)\}", r"\1", value))
    settings = Settings.from_environment()
    assert settings.database_url == f"postgresql://sorteos:{'f00dfeed' * 8}@postgres:5432/sorteos"
    assert settings.redis_url == "redis://valkey:6379/0"
    (network,) = COMPOSE["networks"]["default"]["ipam"]["config"]
    assert settings.trusted_proxies == (ip_network(network["subnet"]),)


def test_each_node_says_where_it_is_and_the_proxy_and_prometheus_know_them_all() -> None:
    addresses = [f"{name}:8080" for name in NODES]
    assert len(addresses) == 3
    assert [node["environment"]["NODE_URL"] for node in NODES.values()] == [
        f"http://{address}" for address in addresses
    ]
    read = configured(":8080", addresses)
    assert SERVICES["haproxy"]["environment"] == {
        name: value for name, value in read.items() if name.startswith("SORTEOS_")
    }
    (job,) = yaml((DEPLOY / "prometheus/prometheus.yml").read_text())[0]["scrape_configs"]
    assert job["static_configs"] == [{"targets": addresses}]


@pytest.mark.parametrize(
    "seconds",
    [NODES["node1"]["stop_grace_period"].rstrip("s"), POD["terminationGracePeriodSeconds"]],
)
def test_a_node_may_drain_to_the_end_before_it_is_killed(seconds: str | int) -> None:
    assert int(seconds) >= DRAIN_SECONDS + 5


# -- the image -------------------------------------------------------------------------------


def test_the_image_copies_what_exists_and_only_what_is_let_in() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)
    assert set(copied) == {"requirements.lock", "migrations", "sorteos_actors"}
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == set(copied)
    assert "*" in ignored
    for path in copied:
        assert (ROOT / path).exists()


def test_the_lock_file_of_the_image_has_every_package_that_the_program_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[^\w.-]", line)[0] for line in project["dependencies"]}
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert needed <= set(locked)


def test_a_package_of_the_program_holds_what_is_no_python() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    package = ROOT / "sorteos_actors"
    packed = {
        path for glob in settings["package-data"]["sorteos_actors"] for path in package.glob(glob)
    }
    needed = {path for path in package.rglob("*") if path.is_file()}
    compiled = {path for path in needed if "__pycache__" in path.parts}
    assert any(path.suffix == ".lua" for path in packed)
    assert {path for path in needed - compiled if path.suffix != ".py"} <= packed


def test_the_image_installs_by_hash_and_runs_as_nobody_special() -> None:
    assert re.search(r"pip install .*--require-hashes .*-r requirements\.lock", DOCKERFILE)
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["sorteos"]
    assert "useradd --uid 10001 " in DOCKERFILE
    assert POD["securityContext"]["runAsUser"] == 10001
    assert '"-m", "sorteos_actors"]' in DOCKERFILE


def test_the_command_of_the_image_is_one_that_the_program_has() -> None:
    verb, *options = re.findall(r'"([^"]+)"', DOCKERFILE.rpartition("\nCMD ")[2])
    known = subprocess.run(
        [sys.executable, "-m", "sorteos_actors", verb, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for option in options:
        assert not option.startswith("--") or option in known


# -- probes and Kubernetes -------------------------------------------------------------------


def test_every_probe_asks_for_a_route_that_exists() -> None:
    ours = [DOCKERFILE, *(str(SERVICES[name]["healthcheck"]) for name in (*NODES, "haproxy"))]
    asked = [re.findall(r"http://127\.0\.0\.1:8080(/\w+)", text) for text in ours]
    asked.append(re.findall(r"http-check send .* uri (\S+)", CONFIGURATION.read_text()))
    asked += [[CONTAINER[f"{kind}Probe"]["httpGet"]["path"]] for kind in ("startup", "liveness")]
    asked.append([CONTAINER["readinessProbe"]["httpGet"]["path"]])
    for paths in asked:
        assert len(paths) == 1
        assert paths[0] in ROUTES


def test_kubernetes_finds_the_pods_by_their_labels() -> None:
    deployment, budget = KUBERNETES["Deployment"]["spec"], KUBERNETES["PodDisruptionBudget"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["replicas"] == 3
    assert deployment["selector"]["matchLabels"] == labels
    assert KUBERNETES["Service"]["spec"]["selector"] == labels
    assert budget["selector"]["matchLabels"] == labels
    assert budget["maxUnavailable"] == 1
    (port,) = CONTAINER["ports"]
    assert KUBERNETES["Service"]["spec"]["ports"][0]["targetPort"] == port["name"]
    assert {mount["name"] for mount in CONTAINER["volumeMounts"]} == {
        volume["name"] for volume in POD["volumes"]
    }


def test_kubernetes_sets_only_variables_that_the_program_reads(known_names: set[str]) -> None:
    environment = {variable["name"]: variable for variable in CONTAINER["env"]}
    assert set(environment) - known_names == {"POD_IP"}
    assert environment["NODE_URL"]["value"] == "http://$(POD_IP):8080"
    # A variable can only use those before it.
    assert list(environment).index("POD_IP") < list(environment).index("NODE_URL")
    for name in ("DATABASE_URL", "REDIS_URL", "JWT_SECRET"):
        assert environment[name]["valueFrom"]["secretKeyRef"]["name"] == "sorteos"


# -- HAProxy ---------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3])
def test_haproxy_accepts_its_configuration_without_a_warning(count: int) -> None:
    nodes = [f"127.0.0.{index + 1}:8080" for index in range(count)]
    checked = subprocess.run(
        [haproxy(), "-c", "-f", str(CONFIGURATION)],
        env=configured("127.0.0.1:8080", nodes),
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert "[WARNING]" not in checked.stderr


def test_haproxy_is_the_version_that_the_configuration_was_tried_with() -> None:
    said = subprocess.run([haproxy(), "-v"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"version (\d+)\.(\d+)", said)
    assert version is not None
    assert (int(version[1]), int(version[2])) >= (2, 6)
    assert SERVICES["haproxy"]["image"].startswith("haproxy:2.6")


def test_without_haproxy_a_test_is_skipped_at_home_and_fails_on_ci(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install haproxy"):
        haproxy()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="haproxy is not installed"):
        haproxy()
