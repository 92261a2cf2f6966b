"""Packages of every kind become cards; hostile ones become an error that says where."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.card import Card
from propound.domain import Domain
from propound.errors import SkillError, UnknownSkillError
from propound.skills import Cards, default_library, read_card
from propound.skills.cards import HERE, read_text
from propound.skills.files import MAX_FILE
from propound.skills.inspection import inspect, inspect_folder
from tests.factories.cards import BODY, card, skill_text, write_package

FOREIGN = """\
---
name: budget-review
description: >-
  Reviews budgets.
  Use when someone asks about money.
license: Apache-2.0
compatibility: needs nothing
allowed-tools: Read Grep
---
# Budgets

Look at every line.
"""


def said(text: str, domain: Domain | None = None) -> list[str]:
    """What is wrong with a text, advice left out."""
    return [str(fault) for fault in inspect({"SKILL.md": text}, domain=domain).faults if not fault.advice]


def test_a_text_becomes_a_card() -> None:
    made = read_text(skill_text(category="Number  Theory", conflicts="fair-dice, a-b fair-dice"))
    assert (made.name, made.domain, made.category) == ("equal-shares", Domain.MATHEMATICS, "number theory")
    assert (made.intent, made.method) == ("deal out a whole", "choose the shares, then the whole")
    assert made.conflicts == ("a-b", "fair-dice")
    assert made.body == BODY.strip()


def test_a_foreign_package_needs_a_domain_alone() -> None:
    with pytest.raises(
        SkillError, match=r"SKILL.md:1: `metadata.domain` is missing.*mathematics, coding, science"
    ):
        read_text(FOREIGN)
    made = read_text(FOREIGN, domain=Domain.SCIENCE)
    assert made.domain == Domain.SCIENCE
    assert made.intent == made.description == "Reviews budgets. Use when someone asks about money."
    assert (made.category, made.method, made.conflicts) == ("general", "", ())
    assert made.body == "# Budgets\n\nLook at every line."


def test_its_own_domain_comes_before_the_callers() -> None:
    assert read_text(skill_text(), domain=Domain.SCIENCE).domain == Domain.MATHEMATICS


def test_every_formal_package_is_a_card() -> None:
    library = default_library()
    cards = Cards.load(HERE / "library")
    assert cards.names() == library.names()
    for made in cards:
        package = library[made.name]
        kept = {
            "domain",
            "category",
            "description",
            "intent",
            "method",
            "difficulty",
            "tool",
            "conflicts",
            "body",
        }
        assert made.model_dump(mode="json", include=kept) == package.model_dump(mode="json", include=kept)
        assert made.content_hash == package.content_hash
        assert made.scripts == {}


def test_a_folder_has_programs(tmp_path: Path) -> None:
    folder = write_package(tmp_path, count="def count():\n\treturn 1\n")
    (folder / "scripts" / "notes.txt").write_text("not a program")
    made = read_card(folder)
    assert made.scripts == {"count.py": "def count():\n\treturn 1\n"}
    assert made.content_hash != read_text(skill_text()).content_hash
    assert (
        made.content_hash
        == read_text({"SKILL.md": skill_text(), "scripts/count.py": made.scripts["count.py"]}).content_hash
    )


def test_lower_case_and_windows_files_are_read(tmp_path: Path) -> None:
    folder = write_package(tmp_path)
    (folder / "SKILL.md").unlink()
    (folder / "skill.md").write_bytes(b"\xef\xbb\xbf" + skill_text().replace("\n", "\r\n").encode())
    assert read_card(folder).body == BODY.strip()


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("# Only a body", 1, "begins with a line of ---"),
        (skill_text().replace("name: equal-shares\n", ""), 1, "`name` is missing"),
        (skill_text("Equal-Shares"), 2, "lower-case"),
        (skill_text("equal--shares"), 2, "single hyphens"),
        (skill_text("gleich-größe"), 2, "a-z"),
        (skill_text("x" * 65), 2, "at most 64"),
        (skill_text().replace("description: ", "describe: "), 1, "`description` is missing"),
        (skill_text().replace("Deals out a whole.", "x" * 1_100), 3, "more than 1024"),
        (skill_text(domain="cooking"), 5, "cooking"),
        (skill_text(method="x" * 601), 8, "`metadata.method` has 601"),
        (skill_text(tool="[a, b]"), 10, "a list"),
        (skill_text(conflicts="Fair Dice"), 11, "no name of a skill"),
        (skill_text(conflicts=" ".join(f"a{n}" for n in range(33))), 11, "33 names"),
        ("---\nname: a\ndescription: b\nmetadata: text\n---\n", 4, "mapping"),
        (skill_text(body="x" * 20_001), 12, "20001 characters"),
        (skill_text(intent="&a b"), 7, "anchors"),
        (skill_text(intent="!!python/object/apply:os.getcwd []"), 7, "tags"),
        (skill_text(body="NUL \x00"), 13, r"U\+0000"),
        (skill_text(body="a\n\x1b[2Jb"), 14, r"U\+001B"),
        (skill_text("equal\u202eshares"), 2, r"U\+202E"),
        (skill_text("equal\u200fshares"), 2, r"U\+200F"),
        (skill_text(body="\U000e0048\U000e0049"), 13, r"U\+E0048"),
        (skill_text(body="a\ud800"), 13, r"U\+D800"),
        ("x" * (10 * 2**20), 1, "longer than"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(SkillError, match=reason):
        read_text(text)
    assert any(fault.startswith(f"SKILL.md:{line}: ") for fault in said(text)), said(text)


ANY = st.text(st.characters(codec=None), max_size=12)
"""Lone surrogates included."""
LINE = st.one_of(
    st.sampled_from(
        ["---", "name: a", "description: b", "metadata:", "  domain: coding", "  conflicts: a", "  tool: |"]
    ),
    ANY,
)
"""Lines of SKILL.md, and whatever else may stand there."""


@given(st.lists(LINE, max_size=10), st.dictionaries(ANY.map("scripts/{}.py".format), ANY, max_size=3))
def test_any_texts_are_a_card_or_faults(lines: list[str], scripts: dict[str, str]) -> None:
    found = inspect({"SKILL.md": "\n".join(["---", *lines])} | scripts)
    if found.card is None:
        assert [fault for fault in found.faults if not fault.advice]
    else:
        assert Card.model_validate_json(found.card.model_dump_json()) == found.card


def test_all_faults_are_said_at_once() -> None:
    assert [fault.split(": ")[0] for fault in said(skill_text("A", domain="b", conflicts="C"))] == [
        "SKILL.md:2",
        "SKILL.md:5",
        "SKILL.md:11",
    ]


def test_other_fields_are_advice(tmp_path: Path) -> None:
    found = inspect({"SKILL.md": skill_text(front="version: 2\nallowed-tools: [a]")})
    assert found.card is not None
    assert [(fault.line, fault.advice) for fault in found.faults] == [(4, True), (5, True)]


@pytest.mark.parametrize(
    ("path", "source", "reason"),
    [
        ("scripts/../../escape.py", "x = 1", "scripts/NAME.py"),
        ("/etc/passwd", "x = 1", "scripts/NAME.py"),
        ("scripts/run.sh", "ls", "scripts/NAME.py"),
        ("scripts/Big.py", "x = 1", "scripts/NAME.py"),
        ("scripts/a.py", "", "from 1 to"),
        ("scripts/a.py", "#" * 20_001, "from 1 to"),
        ("scripts/a.py", "x = 1\ny = '\u202e'", r"a.py:2: .*U\+202E"),
    ],
)
def test_programs_that_are_refused(path: str, source: str, reason: str) -> None:
    with pytest.raises(SkillError, match=reason):
        read_text({"SKILL.md": skill_text(), path: source})


def test_too_many_programs_are_refused(tmp_path: Path) -> None:
    sources = {f"m{n}": "x = 1" for n in range(9)}
    with pytest.raises(SkillError, match="more than 8"):
        read_text({"SKILL.md": skill_text()} | {f"scripts/{name}.py": text for name, text in sources.items()})
    with pytest.raises(SkillError, match="more than 8"):
        read_card(write_package(tmp_path, **sources))
    with pytest.raises(SkillError, match="more than 8"):
        read_text({"SKILL.md": skill_text()} | {f"scripts/{n}.py": "x" for n in range(100_000)})


def test_a_name_other_than_its_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SkillError, match=r"SKILL.md:2: .*its folder is 'other'"):
        read_card(write_package(tmp_path, "other", skill_text()))


@pytest.mark.parametrize("file", ["SKILL.md", "scripts", "scripts/count.py"])
def test_links_are_not_followed(tmp_path: Path, file: str) -> None:
    outside = write_package(tmp_path, "outside", skill_text(), count="secret = 1")
    (tmp_path / "in").mkdir()
    folder = write_package(tmp_path / "in", count="x = 1")
    target = folder / file
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    target.symlink_to(outside / file)
    with pytest.raises(SkillError, match="link"):
        read_card(folder)


def test_a_package_that_is_a_link_is_refused(tmp_path: Path) -> None:
    outside = write_package(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "equal-shares").symlink_to(outside, target_is_directory=True)
    with pytest.raises(SkillError, match="link"):
        Cards.load(tmp_path / "in")


def test_a_pipe_does_not_hang_the_reader(tmp_path: Path) -> None:
    folder = write_package(tmp_path)
    (folder / "SKILL.md").unlink()
    os.mkfifo(folder / "SKILL.md")
    with pytest.raises(SkillError, match="no regular file"):
        read_card(folder)


def test_a_file_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    folder = write_package(tmp_path, count="x = 1")
    (folder / "scripts" / os.fsdecode(b"\xff\x1b.py")).write_text("x = 1")
    (fault,) = inspect_folder(folder).faults
    assert fault.file == r"scripts/\udcff\x1b.py"


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    folder = write_package(tmp_path)
    with (folder / "SKILL.md").open("r+b") as stream:
        stream.truncate(2**40)  # a sparse file: to read it all would end in no memory
    with pytest.raises(SkillError, match=f"larger than {MAX_FILE} bytes"):
        read_card(folder)


def test_bytes_that_are_no_text_are_told_by_line(tmp_path: Path) -> None:
    folder = write_package(tmp_path)
    (folder / "SKILL.md").write_bytes(b"---\nname: a\xff\n---\n")
    (fault,) = inspect_folder(folder).faults
    assert (fault.line, fault.reason) == (2, "it is not UTF-8")


@pytest.mark.parametrize("missing", ["nowhere", "file"])
def test_a_folder_that_is_none(tmp_path: Path, missing: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SkillError, match=r"no such file|no folder"):
        read_card(tmp_path / missing)
    with pytest.raises(SkillError, match=r"no such file|no folder"):
        Cards.load(tmp_path / missing)


def test_folders_of_packages_and_packages_load(tmp_path: Path) -> None:
    write_package(tmp_path, "b-b")
    write_package(tmp_path, "a-a")
    (tmp_path / "empty").mkdir()
    assert Cards.load(tmp_path).names() == ["a-a", "b-b"]
    assert Cards.load(tmp_path / "b-b").names() == ["b-b"]
    with pytest.raises(SkillError, match="two skills are called b-b"):
        Cards.load(tmp_path, tmp_path / "b-b")


def test_names_by_domain_and_category() -> None:
    cards = Cards(
        [card("c"), card("a", domain=Domain.SCIENCE, category="optics"), card("b", category="optics")]
    )
    assert cards.names() == ["a", "b", "c"]
    assert cards.names(Domain.MATHEMATICS) == ["b", "c"]
    assert cards.names(Domain.MATHEMATICS, ["optics"]) == ["b"]
    assert cards.names(categories=["optics", "number-theory"]) == ["a", "b", "c"]
    assert cards.names(categories=[]) == []
    assert cards.categories() == ["number-theory", "optics"]
    assert cards.categories(Domain.SCIENCE) == ["optics"]


def test_a_conflict_is_declared_by_either() -> None:
    cards = Cards([card("a", conflicts=("b",)), card("b"), card("c", conflicts=("a",))])
    assert cards.conflict(["b", "a"]) == ("b", "a")
    assert cards.conflict(["a", "c"]) == ("a", "c")
    assert cards.conflict(["b", "c"]) is None
    assert cards.conflict([]) is None
    with pytest.raises(UnknownSkillError, match="no-such"):
        cards.conflict(["no-such", "a"])


def test_more_cards_come_in_or_clash() -> None:
    cards = Cards([card("a"), card("b"), card("c")])
    more = cards.with_more([card("d")])
    assert (more.names(), cards.names()) == (["a", "b", "c", "d"], ["a", "b", "c"])
    with pytest.raises(SkillError, match="rename yours: a, c"):
        cards.with_more([card("c"), card("a", domain=Domain.SCIENCE), card("e")])
    with pytest.raises(SkillError, match="two skills are called d"):
        cards.with_more([card("d"), card("d")])


def test_versions_follow_content_and_nothing_else() -> None:
    one, other = card("a"), card("b")
    assert Cards([one, other]).version == Cards([other, one]).version
    changed = one.model_copy(update={"body": "changed"})  # with the hash that it had
    assert Cards([changed, other]).version != Cards([one, other]).version


def test_an_unknown_skill_is_named() -> None:
    with pytest.raises(UnknownSkillError, match="no-such"):
        Cards([])["no-such"]
