"""Near-duplicates: almost the same question goes, the same question with other numbers stays."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.dedup import BANDS, Fingerprint
from propound.problem import Origins, Problem, SkillUse, Work
from tests.factories import mathematics

URN = (
    "A bag contains {red} red and {white} white balls, alike except for their colour. Without looking, somebody "
    "takes out {draws} of them, one after the other and without putting any back. What is the probability that the "
    "number of red ones among those taken is exactly {hits}?"
)
OTHER_WORDS = (
    "Of the {red} hens and {white} ducks on a farm, {draws} are picked by lot, all choices being equally likely. "
    "How likely is it that exactly {hits} hens are picked?"
)

GOLDEN = [1383068571368803781, -9080141206920297847, -8886224524315739407]


def urn(red: int = 13, white: int = 6, draws: int = 3, hits: int = 1, *, wording: str = URN) -> Fingerprint:
    numbers: dict[str, Any] = {"red": red, "white": white, "draws": draws, "hits": hits}
    step = SkillUse(skill="urn-draw", parameters=numbers)
    statement = wording.format(**numbers)
    return Fingerprint.of(
        mathematics.problem().model_copy(update={"statement": statement, "composition": (step,)})
    )


@pytest.mark.parametrize(
    ("other", "near"),
    [
        (urn(), True),
        (urn(red=14), True),
        (urn(red=14, white=7), False),
        (urn(wording=OTHER_WORDS), False),
        (urn(red=14, wording=OTHER_WORDS), False),
        (urn(wording=URN.replace("takes out", "draws")), True),
    ],
)
def test_what_is_near(other: Fingerprint, near: bool) -> None:
    assert urn().likeness(other).is_near is near
    assert other.likeness(urn()).is_near is near
    if near:
        assert set(urn().bands("ds")) & set(other.bands("ds"))


def test_a_skill_with_one_number_never_has_near_duplicates() -> None:
    made = [Fingerprint.of(mathematics.problem(number)) for number in (100, 101)]

    assert made[0].likeness(made[1]).structure == Fraction(1, 3)
    assert not made[0].likeness(made[1]).is_near


def test_lists_and_tables_are_compared_value_by_value() -> None:
    def listed(*values: int) -> Fingerprint:
        step = SkillUse(skill="s", parameters={"data": list(values), "rule": {"at": [1, 2]}})
        return Fingerprint.of(mathematics.problem().model_copy(update={"composition": (step,)}))

    assert listed(*range(20)).likeness(listed(*range(19), 7)).structure == Fraction(22, 24)
    assert listed(1, 2).likeness(listed(2, 1)).structure == Fraction(3, 7)


def test_bands_are_those_of_any_machine() -> None:
    """Signatures are stored; a library that computes them otherwise must not go unnoticed."""
    bands = urn().bands("ds_1")

    assert len(set(bands)) == BANDS
    assert bands[:3] == GOLDEN
    assert not set(bands) & set(urn().bands("ds_2"))


@given(text=st.text(st.characters(exclude_categories=()), min_size=1, max_size=60))
def test_any_statement_has_bands(text: str) -> None:
    made = Fingerprint.of(mathematics.problem().model_copy(update={"statement": text}))

    assert made.bands("x") == made.bands("x")
    assert all(-(2**63) <= band < 2**63 for band in made.bands("x"))
    assert made.likeness(made).structure == 1


MILL = (
    "A mill grinds {first} sacks in its first week and {more} sacks more in each week that follows. How many sacks "
    "does it grind in its first {weeks} weeks together?"
)
DAIRY = (
    "A dairy fills {first} bottles on its first day and {more} bottles more on each day that follows. How many bottles "
    "does it fill on its first {weeks} days together?"
)


def told(wording: str = MILL, first: int = 340, more: int = 15, weeks: int = 12) -> Problem:
    """A problem of open mode."""
    statement = wording.format(first=first, more=more, weeks=weeks)
    origins = Origins(skills=("sums",), work=Work(program="print(1)"))
    changes = {"statement": statement, "composition": (), "open": origins}
    return mathematics.problem().model_copy(update=changes)


@pytest.mark.parametrize(
    ("other", "near"),
    [
        (told(), True),
        (told(first=500, more=20, weeks=8), True),
        (told(MILL.replace("that follows", "after that")), True),
        (told(DAIRY), False),
        (told("A farm has {first} hens, {more} ducks and {weeks} geese. How many birds are that?"), False),
    ],
)
def test_prose_of_open_mode_is_near_by_its_words_whatever_its_numbers(other: Problem, near: bool) -> None:
    one, two = Fingerprint.of(told()), Fingerprint.of(other)
    assert one.likeness(two).is_near is near
    if near:
        assert set(one.bands("ds")) & set(two.bands("ds"))


def test_two_open_problems_are_no_duplicates_for_lack_of_a_composition() -> None:
    assert told().composition_digest() != told(DAIRY).composition_digest()
    assert told().composition_digest() == told(f"  {MILL}".replace("sacks", "SACKS")).composition_digest()
