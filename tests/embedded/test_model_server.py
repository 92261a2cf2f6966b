"""The models of this machine among the processes of `propound up`."""

from __future__ import annotations

from pathlib import Path

from propound.embedded.system import Plan, System
from propound.models.catalogue import Catalogue, Model, Roles
from propound.models.local import Station


def test_every_local_model_with_a_role_has_a_process(tmp_path: Path) -> None:
    here, unused, there = (
        Model(name="here", served="here", hub="a/b"),
        Model(name="unused", served="unused", folder=tmp_path),
        Model(name="there", served="there", url="http://host:8000/v1"),
    )
    catalogue = Catalogue(
        models=(here, unused, there), roles=Roles(proposer="here", judges=("there",), probers=("here", "weak"))
    )
    assert catalogue.local_models() == (here,)
    plan = Plan(home=tmp_path, host="127.0.0.1", port=1, concurrency=1, models=catalogue.local_models())
    (unit,) = [unit for unit in System(plan, print)._own_units({}) if "model" in unit.name]
    station = Station(here, tmp_path)
    assert (unit.argv, unit.log) == (tuple(station.command()), station.log)
    assert "http" not in station.definition


def test_servers_of_other_definitions_are_others(tmp_path: Path) -> None:
    logs = {
        Station(Model(name=name, served="s", hub=hub), tmp_path).log
        for name, hub in (("a", "x/y"), ("a", "x/z"), ("b", "x/y"), ("a/../b", "x/y"))
    }
    assert len(logs) == 4
    assert all(log.parent == tmp_path / "logs" for log in logs)
