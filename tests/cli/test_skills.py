"""`propound skills`: works without a server, and finds what is wrong with a package or a card."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from propound.domain import Domain
from propound.skills import default_cards, default_library
from tests.cli.commands import propound
from tests.factories.cards import skill_text, write_package


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package just begun."""
    assert propound("skills", "new", "sum-of-steps", folder=tmp_path).returncode == 0
    return tmp_path / "sum-of-steps"


def change(package: Path, file: str, before: str, after: str) -> None:
    path = package / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def findings(package: Path) -> list[str]:
    run = propound("skills", "validate", "--json", str(package), folder=package.parent)
    found: list[str] = json.loads(run.stdout)[str(package)]
    assert run.returncode == (1 if found else 0)
    return found


def test_new_package_is_sound(package: Path) -> None:
    assert findings(package) == []


@pytest.mark.parametrize(
    ("file", "before", "after", "found"),
    [
        ("scripts/skill.py", "total += term", "total += term + 1", "the methods differ"),
        ("scripts/skill.py", "def recompute(p):", "def recompute(p):\n    print(p)", ""),
        ("scripts/skill.py", "def solve(p):", "def solve(p)", "SyntaxError"),
        ("scripts/skill.py", "def recompute(p):", "def recompute(p):\n    open('/etc/passwd')", "Error"),
        ("assets/wording.toml", "{first} beads", "some beads", "form 3 says"),
        ("SKILL.md", "name: sum-of-steps", "name: Another", "format:"),
        ("SKILL.md", "domain: mathematics", "domain: poetry", "poetry"),
    ],
)
def test_what_is_wrong_is_found(package: Path, file: str, before: str, after: str, found: str) -> None:
    change(package, file, before, after)
    said = findings(package)
    assert any(found in line for line in said) if found else said == []


@pytest.mark.parametrize(
    "attack",
    [
        "import sys\nprint('[]')\nsys.exit(0)",
        "import os\nprint('[]', flush=True)\nos._exit(0)",
        "import atexit\natexit.register(print, '[]')\nraise SystemExit",
        "import os, sys\nsys.stdin.read()\nos.write(1, b'[]')\nsys.exit()",
    ],
)
def test_script_that_prints_a_result_and_ends_the_proof_is_not_believed(package: Path, attack: str) -> None:
    change(package, "scripts/skill.py", "total += term", "total += term + 1")
    change(package, "scripts/skill.py", "def solve(p):", f"{attack}\n\n\ndef solve(p):")
    (said,) = findings(package)
    assert "the proof came to no result" in said


def test_script_that_prints_a_result_of_its_own_does_not_hide_the_real_one(package: Path) -> None:
    change(package, "scripts/skill.py", "total += term", "total += term + 1")
    printing = "import atexit\natexit.register(print, '[]')\nprint('[]', end='')"
    change(package, "scripts/skill.py", "def solve(p):", f"{printing}\n\n\ndef solve(p):")
    assert any("the methods differ" in line for line in findings(package))


def test_shipped_package_is_sound_and_missing_folder_is_told(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "propound" / "skills" / "library" / "modular-power"
    run = propound("skills", "validate", str(shipped), str(tmp_path / "nowhere"), folder=tmp_path)
    assert run.returncode == 1
    assert "modular-power: sound" in run.stdout
    assert "nowhere" in run.stdout
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("name", ["Upper", "a--b", "-a", "../escape", "a" * 65, "with space"])
def test_names_that_the_format_refuses(tmp_path: Path, name: str) -> None:
    run = propound("skills", "new", "--in", ".", "--", name, folder=tmp_path)
    assert run.returncode == 1
    assert "is no name" in run.stderr


def test_nothing_is_overwritten(package: Path) -> None:
    run = propound("skills", "new", package.name, folder=package.parent)
    assert run.returncode == 1
    assert "is there already" in run.stderr


def test_list_and_show(tmp_path: Path) -> None:
    listed = json.loads(propound("skills", "list", "--json", folder=tmp_path).stdout)
    assert [entry["name"] for entry in listed] == default_cards().names()
    formal = [entry for entry in listed if entry["modes"] == ["procedural", "open"]]
    assert [entry["name"] for entry in formal] == default_library().names()
    assert all(entry["gives"] for entry in formal)
    assert {entry["gives"] for entry in listed if entry["modes"] == ["open"]} == {None}
    table = propound("skills", "list", folder=tmp_path).stdout
    assert "modular-power" in table
    assert "resistor-networks" in table
    shown = propound("skills", "show", "modular-power", folder=tmp_path).stdout
    assert "intent:" in shown
    assert "## Workflow" in shown
    shown = propound("skills", "show", "resistor-networks", folder=tmp_path).stdout
    assert "check with:" in shown
    assert "program: resistor_networks/network.py" in shown
    assert "## Typical mistakes" in shown


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--domain", "science"], default_cards().names(Domain.SCIENCE)),
        (["--category", "optics"], ["thin-lens-images"]),
        (["--mode", "procedural"], default_library().names()),
        (["--mode", "open"], default_cards().names()),
        (["--mode", "procedural", "--category", "optics"], []),
    ],
)
def test_list_is_filtered(tmp_path: Path, words: list[str], names: list[str]) -> None:
    listed = json.loads(propound("skills", "list", *words, "--json", folder=tmp_path).stdout)
    assert [entry["name"] for entry in listed] == names


def test_unknown_category_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    run = propound("skills", "list", "--category", "alchemy", folder=tmp_path)
    assert run.returncode == 1
    assert "number-theory" in run.stderr


def test_cards_are_checked_by_file_and_line(tmp_path: Path) -> None:
    write_package(tmp_path, "fair-shares", count="def count():\n    return 1\n")
    write_package(tmp_path, "odd-shares", skill_text("odd-shares", domain="poetry"))
    run = propound("skills", "check", str(tmp_path), folder=tmp_path)
    assert run.returncode == 1
    assert f"{tmp_path}/fair-shares: can be used" in run.stdout
    assert f"{tmp_path}/odd-shares: cannot be used" in run.stdout
    assert f"{tmp_path}/odd-shares/SKILL.md:5: `metadata.domain` is 'poetry'" in run.stdout
    alone = propound("skills", "check", "--json", str(tmp_path / "fair-shares"), folder=tmp_path)
    assert (alone.returncode, json.loads(alone.stdout)) == (0, {f"{tmp_path}/fair-shares": []})


def test_text_of_strangers_does_not_reach_the_terminal(tmp_path: Path) -> None:
    write_package(tmp_path, "a", skill_text("a\x1b[31m\u202e", domain="p\x1b]0;title\x07"))
    run = propound("skills", "check", str(tmp_path), folder=tmp_path)
    assert run.returncode == 1
    assert not {"\x1b", "\x07", "\u202e"} & set(run.stdout + run.stderr)


def test_packages_of_others_are_given_a_domain(tmp_path: Path) -> None:
    text = "---\nname: foreign\ndescription: Of another house.\n---\nDo this.\n"
    write_package(tmp_path, "foreign", text)
    assert propound("skills", "check", str(tmp_path), folder=tmp_path).returncode == 1
    run = propound("skills", "check", "--domain", "coding", str(tmp_path), folder=tmp_path)
    assert run.returncode == 0
    assert "advice: the body has no section `## Workflow`" in run.stdout
