"""Packages: what is missing or wrong is said, and nothing of a package is executed while loading."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from propound.errors import SkillError, UnknownSkillError
from propound.skills import Library, default_library, load_package
from propound.skills.framing import can_close
from propound.skills.library import HERE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a sound package."""
    return Path(shutil.copytree(HERE / "library" / "modular-power", tmp_path / "modular-power"))


def _edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def test_a_sound_package_loads(folder: Path) -> None:
    package = load_package(folder)
    assert package.parameters == {"base": "integer", "exponent": "integer", "modulus": "integer"}
    assert package.content_hash == default_library()["modular-power"].content_hash


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("SKILL.md", "---\nname", "name", "front matter"),
        ("SKILL.md", "name: modular-power", "name: other", "its name is other"),
        ("SKILL.md", "domain: mathematics", "domain: cooking", "cooking"),
        (
            "SKILL.md",
            "domain: mathematics",
            "domain: science",
            "no problem can end with a result that is integer",
        ),
        ("SKILL.md", "category: number-theory", "category: baking", "baking"),
        ("SKILL.md", "intent:", "aim:", "intent"),
        ("SKILL.md", "base integer,", "base number,", "unknown parameter type"),
        ("SKILL.md", "base 2..500", "base 500..2", "low..high"),
        ("SKILL.md", "base 2..500", "bass 2..500", "unknown parameters"),
        ("SKILL.md", "gives: integer", "gives: gold", "gives"),
        ("SKILL.md", "gives: integer", "gives: integer\n  bounds: 1..5 m", "bounds are in another unit"),
        ("SKILL.md", "gives: integer", "gives: integer\n  bounds: 5..1", "low..high"),
        ("scripts/skill.py", "def draw(", "def draw((", "SyntaxError"),
        (
            "assets/wording.toml",
            "[[remainder|residue]]",
            "[[remainder|residue",
            "TOML|never closed|unexpected",
        ),
        ("assets/wording.toml", "quantity = ", "quantities = ", "form"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, file: str, old: str, new: str, reason: str) -> None:
    _edit(folder / file, lambda text: text.replace(old, new, 1))
    with pytest.raises(SkillError, match=reason):
        load_package(folder)


@pytest.mark.parametrize(
    ("frames", "closes"),
    [
        ({"closing": {"integer": ["", "An integer."]}}, True),
        ({"closing": {"integer": ["", " "]}}, False),
        ({"closing": {"set": ["A set."]}}, False),
        ({"closing": {"example": ["`{input}` gives `{output}`."]}}, True),
        ({"closing": {"integer": ["An integer."]}, "stdin": {"closing": {"integer": []}}}, False),
        ({"closing": {"integer": ["An integer."]}, "stdin": {"question": []}}, True),
    ],
)
def test_frames_close_a_problem_in_every_mode_or_not(frames: dict[str, Any], closes: bool) -> None:
    assert can_close(frames, "integer") is closes


def test_a_script_is_not_executed_while_loading(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    _edit(folder / "scripts/skill.py", lambda text: f"open({str(mark)!r}, 'w')\n{text}")
    load_package(folder)
    assert not mark.exists()


def test_a_huge_file_is_refused(folder: Path) -> None:
    _edit(folder / "scripts/skill.py", lambda text: text + "#" * 300_000)
    with pytest.raises(SkillError, match="larger than"):
        load_package(folder)


def test_yaml_tags_do_not_construct_objects(folder: Path) -> None:
    _edit(
        folder / "SKILL.md",
        lambda text: text.replace("intent: ", "intent: !!python/object/apply:os.getcwd [] #", 1),
    )
    with pytest.raises(SkillError, match="could not determine a constructor"):
        load_package(folder)


def test_two_packages_of_one_name_are_refused(folder: Path) -> None:
    with pytest.raises(SkillError, match="two packages"):
        Library([load_package(folder), load_package(folder)])


def test_an_unknown_skill_is_named() -> None:
    with pytest.raises(UnknownSkillError, match="no-such"):
        default_library()["no-such"]
