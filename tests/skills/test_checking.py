"""What a person is told about cards of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import skills_ref
from hypothesis import given
from hypothesis import strategies as st

from propound.domain import Domain
from propound.skills import Cards, default_cards
from propound.skills.cards import HERE
from propound.skills.checking import check
from propound.skills.inspection import inspect
from tests.factories.cards import card, skill_text, write_package

NOBODY = Cards([])


def said(*folders: Path, known: Cards = NOBODY, domain: Domain | None = None) -> list[str]:
    """All faults, with their folders' names."""
    found = check(folders, known, domain=domain)
    return [f"{one.folder.name}/{fault}" for one in found for fault in one.faults]


def test_a_whole_card_has_no_fault(tmp_path: Path) -> None:
    write_package(tmp_path)
    (found,) = check([tmp_path], NOBODY)
    assert (found.folder, found.faults, found.sound, found.formal) == (
        tmp_path / "equal-shares",
        (),
        True,
        False,
    )


def test_our_own_cards_have_none() -> None:
    found = check([HERE / "cards", HERE / "library"], default_cards())
    assert all(one.sound for one in found)
    assert sum(1 for one in found if one.formal) == 54
    assert [fault for one in found if not one.formal for fault in one.faults] == []


def test_the_card_of_the_guide_is_whole(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guide" / "skills.md").read_text(encoding="utf-8")
    block = guide[guide.index("    ---\n") : guide.index("\n| field |")]
    text = "\n".join(line.removeprefix("    ") for line in block.split("\n"))
    write_package(tmp_path, "fair-shares", text)
    assert said(tmp_path, known=default_cards()) == []


def test_what_is_missing_is_advice(tmp_path: Path) -> None:
    write_package(
        tmp_path, "a", "---\nname: a\ndescription: b\nmetadata:\n  domain: coding\n---\n# A\n\n## Effect\nc\n"
    )
    (found,) = check([tmp_path], NOBODY)
    assert found.sound
    assert {str(fault) for fault in found.faults} == {
        *(
            f"SKILL.md:1: advice: metadata has no `{part}`"
            for part in ("category", "method", "difficulty", "tool")
        ),
        *(
            f"SKILL.md:1: advice: the body has no section `## {section}`"
            for section in ("Recognition", "Workflow", "Check", "Typical mistakes")
        ),
    }


def test_a_program_that_does_not_compile_is_told_by_line(tmp_path: Path) -> None:
    write_package(tmp_path, count="x = 1\ndef f(:\n")
    (fault,) = said(tmp_path)
    assert fault.startswith("equal-shares/scripts/count.py:2: SyntaxError")
    assert not check([tmp_path], NOBODY)[0].sound


def test_names_that_are_taken(tmp_path: Path) -> None:
    write_package(tmp_path)
    (tmp_path / "other").mkdir()
    write_package(tmp_path / "other")
    known = Cards([card("equal-shares")])
    assert said(tmp_path / "equal-shares", known=known) == [
        "equal-shares/SKILL.md:1: a skill that comes with Propound is called equal-shares: choose another name"
    ]
    assert len(said(tmp_path, tmp_path / "other")) == 2
    assert all("has the same name" in line for line in said(tmp_path, tmp_path / "other"))


def test_a_copy_of_one_of_ours_is_no_clash(tmp_path: Path) -> None:
    shutil.copytree(HERE / "cards" / "unit-chains", tmp_path / "unit-chains")
    assert said(tmp_path, known=default_cards()) == []


def test_conflicts_with_nobody_are_advice(tmp_path: Path) -> None:
    write_package(tmp_path, "a", skill_text("a", conflicts="b c d"))
    write_package(tmp_path, "b", skill_text("b"))
    assert said(tmp_path, known=Cards([card("c")])) == [
        "a/SKILL.md:1: advice: no skill is called d, which it conflicts with"
    ]


def test_folders_without_packages_are_told(tmp_path: Path) -> None:
    assert said(tmp_path) == [f"{tmp_path.name}/.:1: there is no SKILL.md in it, nor in a folder in it"]
    assert said(tmp_path / "nowhere") == ["nowhere/.:1: no such file or directory"]


LINES = st.lists(
    st.sampled_from(
        [
            "name: equal-shares",
            "name: other",
            "description: Deals out a whole.",
            "description: >",
            "  folded",
            "license: Apache-2.0",
            "version: 2",
            "allowed-tools: Read",
            "metadata:",
            "  domain: science",
            "  version: 1.0",
            "  tags: [a, b]",
            "  conflicts: a-b",
            "compatibility: any",
            "# a comment",
            "",
        ]
    ),
    max_size=9,
)


@given(LINES)
def test_what_we_find_nothing_in_passes_the_reference_validator(lines: list[str]) -> None:
    from tempfile import TemporaryDirectory

    text = "\n".join(["---", *lines, "---", "", "Body."])
    found = inspect({"SKILL.md": text}, folder="equal-shares", domain=Domain.SCIENCE)
    if found.card is not None and not found.faults:
        with TemporaryDirectory() as place:
            assert skills_ref.validate(write_package(Path(place), text=text)) == []
