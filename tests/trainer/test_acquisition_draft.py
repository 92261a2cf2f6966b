"""A draft becomes a SKILL.md that our reader and the format's own validator take, whatever stands in it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skills_ref import validate

from propound.domain import Domain
from propound.errors import SkillError
from propound.skills.cards import Cards, read_text
from propound.skills.inspection import advise
from tests.factories.acquisition import DOUBLE
from trainer.acquisition.draft import PARTS, Draft
from trainer.acquisition.reading import ReplyError, read_draft


def test_a_draft_becomes_a_whole_card(tmp_path: Path) -> None:
    (tmp_path / "counting-twice").mkdir()
    (tmp_path / "counting-twice" / "SKILL.md").write_text(DOUBLE.skill("counting-twice"))
    assert validate(tmp_path / "counting-twice") == []
    card = Cards.load(tmp_path)["counting-twice"]
    assert (card.domain, card.category) == (Domain.MATHEMATICS, "combinatorics")
    assert (card.description, card.intent, card.method) == (DOUBLE.description, DOUBLE.intent, DOUBLE.method)
    assert (card.difficulty, card.tool) == (DOUBLE.difficulty, DOUBLE.tool)
    assert card.body.startswith("# Counting twice\n\n## Recognition\nIt fits when")
    assert "\n1. Choose the participants and what a meeting of two is.\n2. Give" in card.body
    assert "\n- The sum of the degrees is odd" in card.body
    assert advise(card) == []


def test_its_text_is_the_form_that_is_asked_for() -> None:
    said = json.loads(DOUBLE.text())
    assert list(said) == [part.key for part in PARTS]
    assert said["workflow"][0] == "Choose the participants and what a meeting of two is."
    assert read_draft(DOUBLE.text()) == DOUBLE


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Counting twice", "counting-twice"),
        ("  The Pythagoréan -- theorem (again)!", "the-pythagorean-theorem-again"),
        ("../../etc/passwd", "etc-passwd"),
        ("x" * 100, "x" * 64),
        ("CON: a\nname: b", "con-a-name-b"),
    ],
)
def test_names_are_those_of_the_format(name: str, slug: str) -> None:
    assert DOUBLE.model_copy(update={"name": name}).slug() == slug


def test_a_name_without_a_latin_letter_gets_one_that_follows_from_the_card() -> None:
    named = DOUBLE.model_copy(update={"name": "数え上げ"})
    assert named.slug().startswith("skill-")
    assert named.slug() == named.slug() != named.model_copy(update={"intent": "x"}).slug()


SIGNS = st.text(
    alphabet=st.one_of(st.sampled_from(list("-:#\"'\\{}[]&*!|>%@`\n\t~\u2028\x85")), st.characters())
)
DRAFTS: st.SearchStrategy[dict[str, object]] = st.builds(
    dict,
    name=SIGNS,
    category=SIGNS,
    description=SIGNS,
    intent=SIGNS,
    method=SIGNS,
    tool=SIGNS,
    recognition=SIGNS,
    workflow=st.lists(SIGNS, max_size=4),
    mistakes=st.lists(SIGNS, max_size=4),
)


@settings(deadline=None)
@given(DRAFTS)
def test_what_our_reader_takes_the_validator_takes_and_says_the_same(values: dict[str, object]) -> None:
    try:
        draft = read_draft(
            json.dumps(values | {"domain": "coding", "check": "c", "effect": "e", "difficulty": "d"})
        )
    except ReplyError:  # nothing but signs says nothing
        return
    assert read_draft(draft.text()) == draft
    name = draft.slug()
    text = draft.skill(name)
    try:
        card = read_text(text)
    except SkillError:
        return
    assert card.name == name
    assert card.domain == Domain.CODING
    assert not any("\n" in line for line in (card.description, card.intent, card.method, card.tool))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / name
        place.mkdir()
        (place / "SKILL.md").write_text(text, encoding="utf-8")
        assert validate(place) == []


def test_no_part_can_pass_for_another_one() -> None:
    hostile = DOUBLE.model_copy(
        update={"description": 'x"\n---\nname: y --- z', "recognition": "a\n---\nname: y\n# Workflow"}
    )
    card = read_text(hostile.skill("counting-twice"))
    assert card.name == "counting-twice"
    assert card.description == 'x" \N{EM DASH} name: y \N{EM DASH} z'
    assert Draft(**{**hostile.model_dump(), "domain": None}).domain is None
