"""Specs of open mode: equal requests give equal ones, any skills of a domain go together, cards come along."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.answers.kinds import AnswerKind
from propound.card import Card
from propound.composing.drawing import specs_of
from propound.composing.free import Composer, UnreadableCardError
from propound.domain import Domain
from propound.errors import ImpossibleSpecError, UnknownSkillError
from propound.job import JobRequest
from propound.problem import CodingMode, Mode, ProblemSpec, Terms
from propound.skills import Cards, default_cards, default_library
from tests.factories.cards import card, skill_text


def library(
    *names: str, domain: Domain = Domain.MATHEMATICS, conflicts: Mapping[str, tuple[str, ...]] | None = None
) -> Cards:
    excluded = conflicts or {}
    return Cards(card(name, domain=domain, conflicts=excluded.get(name, ())) for name in names)


def composer(known: Cards, /, **wanted: object) -> Composer:
    fields = {"count": 1, "mode": "open", "domains": ["mathematics"], **wanted}
    return Composer(JobRequest.model_validate(fields), known)


def terms(spec: ProblemSpec) -> Terms:
    assert spec.open is not None
    return spec.open


@given(st.integers(0, 2**40), st.integers(0, 10_000))
def test_specs_follow_from_request_and_index(seed: int, index: int) -> None:
    request = JobRequest(count=1, mode=Mode.OPEN, seed=seed)
    spec = Composer(request, default_cards()).spec(index)
    assert spec == Composer(request, default_cards()).spec(index)
    assert spec.mode is Mode.OPEN
    assert spec.domain is request.domains[index % 3]
    assert 1 <= len(spec.skills) <= 2
    assert spec.maximum_skills == len(spec.skills)
    assert len(spec.alternates) == 4
    names = [each.name for each in terms(spec).cards]
    assert names == sorted({*spec.skills, *spec.alternates})
    assert all(default_cards()[name] == terms(spec).card(name) for name in names)
    assert (terms(spec).coding is None) == (spec.domain is not Domain.CODING)
    assert ProblemSpec.model_validate_json(spec.model_dump_json()) == spec


def test_what_the_request_says_of_problems_stands_in_their_terms() -> None:
    drawn = composer(
        library("a", "b"), language="French", answer_kinds=["integer"], problem_tokens=9_000, level=3
    )
    spec = drawn.spec(0)
    assert spec.level == 3
    assert (terms(spec).language, terms(spec).max_tokens) == ("French", 9_000)
    assert terms(spec).answer_kinds == (AnswerKind.INTEGER,)


def test_coding_asks_for_functions_and_for_programs_and_for_no_kind_of_answer() -> None:
    drawn = composer(library("a", domain=Domain.CODING), domains=["coding"], answer_kinds=["integer"])
    specs = [terms(drawn.spec(index)) for index in range(40)]
    assert {spec.coding for spec in specs} == set(CodingMode)
    assert all(spec.answer_kinds == () for spec in specs)


def test_sizes_and_skills_are_spread() -> None:
    drawn = composer(library("a", "b", "c", "d"), minimum_skills=1, maximum_skills=4)
    specs = [drawn.spec(index) for index in range(400)]
    sizes = Counter(len(spec.skills) for spec in specs)
    assert min(sizes[size] for size in (1, 2, 3, 4)) > 60
    used = Counter(name for spec in specs for name in spec.skills)
    assert max(used.values()) - min(used.values()) < 80
    assert all(set(spec.skills) | set(spec.alternates) == set("abcd") for spec in specs)


def test_weights_shift_what_is_drawn() -> None:
    cards = Cards([card("a", category="heavy"), *(card(name, category="light") for name in "bcdefg")])
    drawn = composer(cards, maximum_skills=1)
    chosen = Counter(drawn.spec(index, {"heavy": 1.0, "light": 0.02}).skills for index in range(100))
    assert chosen[("a",)] > 80


def test_offers_may_exclude_each_other_and_bring_a_way_out() -> None:
    cards = library("a", "b", "c", "d", "e", "f", "g", conflicts={"a": ("b", "c", "d", "e", "f")})
    drawn = composer(cards, minimum_skills=2)
    specs = [drawn.spec(index) for index in range(300)]
    bad = [spec for spec in specs if cards.conflict(spec.skills)]
    assert 20 < len(bad) < 200
    for spec in bad:
        assert any(
            cards.conflict([*(name for name in spec.skills if name != dropped), added]) is None
            for dropped in spec.skills
            for added in spec.alternates
        ), spec
    assert all(spec.minimum_skills == 2 for spec in specs)


def test_sizes_for_which_all_exclude_each_other_are_not_drawn() -> None:
    cards = library("a", "b", "c", conflicts={"a": ("b", "c"), "b": ("c",)})
    drawn = composer(cards)
    drawn.check()
    assert {len(drawn.spec(index).skills) for index in range(30)} == {1}
    with pytest.raises(ImpossibleSpecError, match="no 2 to 2 of the skills a, b, c go together"):
        composer(cards, minimum_skills=2, maximum_skills=2).check()


def test_a_request_full_of_exclusions_is_checked_at_once() -> None:
    """Three parties that exclude everything within: no four skills go together, and there are 36,000 threes."""
    names = [f"{party}{number}" for party in "abc" for number in range(33)]
    parties = {
        name: tuple(other for other in names if other[0] == name[0] and other != name) for name in names
    }
    cards = library(*names, conflicts=parties)
    began = time.process_time()
    with pytest.raises(ImpossibleSpecError):
        composer(cards, minimum_skills=4, maximum_skills=4).check()
    assert time.process_time() - began < 20


def test_cards_of_the_request_come_before_the_librarys() -> None:
    drawn = composer(library("a", "b"), cards=[skill_text("mine"), {"SKILL.md": skill_text("mine-too")}])
    drawn.check()
    specs = [drawn.spec(index) for index in range(30)]
    assert {name for spec in specs for name in (*spec.skills, *spec.alternates)} == {"mine", "mine-too"}
    both = composer(library("a", "b"), cards=[skill_text("mine")], skills=["a", "mine"], minimum_skills=2)
    assert both.spec(0).skills == ("a", "mine")
    assert terms(both.spec(0)).card("mine").body


def test_the_programs_of_a_card_come_along() -> None:
    package = {"SKILL.md": skill_text("mine"), "scripts/tool.py": "def double(n):\n    return 2 * n\n"}
    drawn = composer(library("a"), cards=[package])
    assert list(terms(drawn.spec(0)).card("mine").scripts) == ["tool.py"]


def test_a_card_without_a_domain_is_of_the_only_one_asked_for() -> None:
    text = skill_text("mine", domain=None)
    assert composer(library("a"), cards=[text]).spec(0).skills == ("mine",)
    with pytest.raises(UnreadableCardError, match=r"card 1 of the request.*domain"):
        composer(library("a"), cards=[text], domains=["mathematics", "science"])


@pytest.mark.parametrize(
    ("texts", "place", "why"),
    [
        (["no front matter"], 0, "SKILL.md:1"),
        ([skill_text("mine"), skill_text("mine")], 1, "rename yours"),
        ([skill_text("mine"), skill_text("a")], 1, "rename yours"),
        ([skill_text("mine", body="x\u202ey")], 0, "cannot be seen"),
    ],
)
def test_what_is_no_card_is_told_with_its_place(texts: list[str], place: int, why: str) -> None:
    with pytest.raises(UnreadableCardError, match=why) as caught:
        composer(library("a"), cards=texts)
    assert caught.value.place == place


def test_all_domains_are_those_that_the_skills_are_of() -> None:
    cards = Cards([*library("a", "b"), *library("s", domain=Domain.SCIENCE)])
    everywhere = [domain.value for domain in Domain]
    drawn = composer(cards, domains=everywhere, skills=["a", "b"])
    drawn.check()
    assert {drawn.spec(index).domain for index in range(6)} == {Domain.MATHEMATICS}
    with pytest.raises(ImpossibleSpecError, match="no skill of science"):
        composer(cards, domains=["mathematics", "science"], skills=["a"]).check()
    with pytest.raises(ImpossibleSpecError, match="no skill of"):
        composer(Cards([]), domains=everywhere).check()


def test_unknown_skills_and_categories_are_named() -> None:
    with pytest.raises(UnknownSkillError, match="nowhere, alchemy") as caught:
        composer(library("a"), skills=["a", "nowhere"], categories=["alchemy"]).check()
    assert (list(caught.value.skills), list(caught.value.categories)) == (["nowhere"], ["alchemy"])


def test_categories_are_free_words() -> None:
    cards: list[Card] = [card("a", category="my own words"), card("b")]
    drawn = composer(Cards(cards), categories=["my own words"])
    drawn.check()
    assert {drawn.spec(index).skills for index in range(5)} == {("a",)}


def test_the_mode_picks_the_composer() -> None:
    def none() -> Cards:
        raise AssertionError("procedural mode composes from the library")

    draw = specs_of(JobRequest(count=1, seed=3), default_library(), none)
    assert draw(0).mode is Mode.PROCEDURAL
    free = specs_of(JobRequest(count=1, mode=Mode.OPEN, seed=3), default_library())
    assert free(0).mode is Mode.OPEN
    with pytest.raises(UnknownSkillError):
        specs_of(JobRequest(count=1, mode=Mode.OPEN, skills=("nowhere",)), default_library())
