"""What people are told of the rightness of a dataset."""

from __future__ import annotations

from pathlib import Path

import pytest

from propound.capabilities import trust_of
from propound.config import Settings
from propound.domain import Domain
from propound.problem import Mode
from propound.trust import Calibration, Rate, Tally, Trust

MODEL = '[[model]]\nname = "{name}"\nserved = "{name}"\nurl = "http://host:8000/v1"\nfamily = "{family}"\n'


def settings(tmp_path: Path, roles: str, **more: object) -> Settings:
    path = tmp_path / "models.toml"
    names = {"small": "qwen", "large": "qwen", "other": "llama"}
    models = "".join(MODEL.format(name=name, family=family) for name, family in names.items())
    path.write_text(f"{models}[roles]\n{roles}\n")
    return Settings.model_validate({"models": path, **more})


@pytest.mark.parametrize(
    ("roles", "families", "shared"),
    [
        ('proposer = "small"', ("qwen",), ("solvers",)),
        ('proposer = "small"\nsolvers = ["other"]', ("llama",), ()),
        (
            'proposer = "small"\nsolvers = ["large", "other"]\njudges = ["other"]',
            ("llama", "qwen"),
            ("solvers",),
        ),
        (
            'proposer = "other"\nsolvers = ["large"]\njudges = ["small"]\nauditor = "other"',
            ("llama", "qwen"),
            ("auditor",),
        ),
        (
            'proposer = "other"\nsolvers = ["large"]\njudges = ["other"]\nauditor = "other"',
            ("llama", "qwen"),
            ("judges",),
        ),
    ],
)
def test_whose_models_verify(
    tmp_path: Path, roles: str, families: tuple[str, ...], shared: tuple[str, ...]
) -> None:
    found = trust_of(settings(tmp_path, roles), Mode.OPEN)
    assert (found.mode, found.families, found.shared_family) == (Mode.OPEN, families, shared)


def test_in_procedural_mode_models_matter_only_as_far_as_they_are_asked(tmp_path: Path) -> None:
    roles = 'proposer = "small"\njudges = ["large"]'
    assert trust_of(Settings(), Mode.PROCEDURAL) == Trust(families=())
    judged = trust_of(settings(tmp_path, roles, policy="scripted"), Mode.PROCEDURAL)
    assert (judged.families, judged.shared_family) == (("qwen",), ())
    proposed = trust_of(settings(tmp_path, roles, policy="model"), Mode.PROCEDURAL)
    assert proposed.shared_family == ("judges",)
    alone = trust_of(settings(tmp_path, roles, policy="model", judges=0), Mode.PROCEDURAL)
    assert (alone.families, alone.shared_family) == ((), ())


def test_rates_by_hand() -> None:
    maths, science = Domain.MATHEMATICS, Domain.SCIENCE
    found = Calibration.of(
        "c", [Tally("printed", maths, 60, 0), Tally("printed", science, 40, 2), Tally("", maths, 50, 25)]
    )
    assert found is not None
    assert (found.flawed.decided, found.flawed.accepted, found.flawed.measured) == (100, 2, True)
    assert found.flawed.low == pytest.approx(0.0055, abs=1e-5)
    assert found.flawed.high == pytest.approx(0.07001, abs=1e-5)
    assert (found.sound.decided, found.sound.measured) == (50, False)
    mathematics = found.by_domain["mathematics"]
    assert (mathematics.decided, mathematics.accepted, mathematics.low) == (60, 0, 0)
    assert mathematics.high == pytest.approx(0.0602, abs=1e-4)
    assert found.by_domain["science"].measured is False
    assert Calibration.of("c", []) is None


def test_none_wrong_in_few_bounds_little() -> None:
    assert Rate.of([Tally("printed", Domain.SCIENCE, 5, 0)]).high == 0.6
    assert (Rate.of([]).low, Rate.of([]).high) == (0.0, 1.0)


def test_what_people_read() -> None:
    assert Trust(families=()).lines() == []
    shared = Trust(mode=Mode.OPEN, families=("qwen",), shared_family=("solvers", "judges"))
    said = shared.lines()
    assert said[0] == "verified by models of qwen"
    assert said[1].startswith("CAUTION: some or all solvers, judges share the proposer's family")
    assert said[2].startswith("false accepts: not measured")
    known = Calibration.of("c", [Tally("printed", Domain.SCIENCE, 100, 2)])
    assert "2.0% of 100 flawed canaries" in Trust(mode=Mode.OPEN, calibration=known).lines()[0]
    assert Trust.model_validate_json(shared.model_dump_json()) == shared
