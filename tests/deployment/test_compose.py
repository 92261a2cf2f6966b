"""docker-compose.yml: the promises of docs/guide/deployment.md, checked on the file itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from propound.config import Settings

ROOT = Path(__file__).parents[2]
OURS = ("migrate", "api", "worker", "trainer")
SERVERS = ("postgres", "redis")
SHARED = {"checkpoints", "trainings"}
"""What training leaves."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_has_the_parts_of_the_system(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {*OURS, *SERVERS}
    assert compose["services"]["postgres"]["image"] == "postgres:17"
    assert compose["services"]["redis"]["image"] == "redis:7"
    assert set(compose["volumes"]) == {*SERVERS, *SHARED}


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_privileges(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"privileged", "cap_add", "user", "pid", "network_mode"} & set(service)
    assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= SHARED


def test_workers_read_checkpoints_and_trainers_write_them(compose: dict[str, Any]) -> None:
    place = "checkpoints:/var/lib/propound/checkpoints"
    assert compose["services"]["worker"]["volumes"] == [f"{place}:ro"]
    assert place in compose["services"]["trainer"]["volumes"]
    owned = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if "--owner propound" in line]
    assert all(f"/var/lib/propound/{name}" in owned[0] for name in SHARED)


def test_the_trainer_is_started_on_demand_and_has_an_image_with_torch(compose: dict[str, Any]) -> None:
    trainer = compose["services"]["trainer"]
    assert trainer["profiles"] == ["training"]
    assert trainer["build"]["args"] == {"EXTRAS": "train"}
    assert trainer["image"] != compose["services"]["worker"]["image"]


@pytest.mark.parametrize("name", ["postgres", "redis", "api", "worker", "trainer"])
def test_everything_that_stays_has_a_health_check(compose: dict[str, Any], name: str) -> None:
    assert compose["services"][name]["healthcheck"]["test"]
    assert compose["services"][name]["restart"] == "unless-stopped"


def test_order_of_the_start(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["migrate"]["restart"] == "no"
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("api", "worker", "trainer"):
        wanted = services[name]["depends_on"]
        assert wanted["migrate"] == {"condition": "service_completed_successfully"}
        assert all(wanted[server] == {"condition": "service_healthy"} for server in SERVERS)


def test_secrets_come_from_the_environment_and_have_no_default(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD"):
        uses = re.findall(rf"(?<!\$)\$\{{{name}[^}}]*\}}", text)
        assert uses
        assert all(use.startswith(f"${{{name}:?") for use in uses)


def test_every_variable_is_a_setting(compose: dict[str, Any]) -> None:
    known = {f"PROPOUND_{name.upper()}" for name in Settings.model_fields}
    for name in OURS:
        assert set(compose["services"][name]["environment"]) <= known


def test_only_the_api_is_published_and_only_here(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"api": ["${PROPOUND_PUBLISH:-127.0.0.1:8321}:8321"]}


def test_image_is_built_from_all_of_our_packages_and_runs_as_nobody_in_particular() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = {line.split()[1] for line in lines if re.fullmatch(r"COPY (\w+) \1", line)}
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for package in ("propound", "service", "worker", "trainer", "migrations"):
        assert package in copied
        assert f"!{package}" in ignored
        assert (ROOT / package).is_dir()
    assert "USER propound" in lines
    assert not any("torch" in line for line in lines if not line.startswith("#"))
