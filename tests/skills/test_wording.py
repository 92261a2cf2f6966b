"""The wording language: what is written is read back, and nothing else is."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.skills.toolkit import wording
from propound.skills.toolkit.wording import Capitalised, Slot, TooComplexError, WordingError

SLOTS = frozenset({"n", "k"})


def _write(_scope: str, slot: Slot) -> str:
    return {"n": "12", "k": "5"}[slot.name] + (f" {slot.unit}" if slot.unit else "")


def _read(_scope: str, slot: Slot, text: str, position: int) -> tuple[int, int] | None:
    end = position
    while end < len(text) and text[end].isdigit():
        end += 1
    suffix = f" {slot.unit}" if slot.unit else ""
    if end == position or not text.startswith(suffix, end):
        return None
    return end + len(suffix), int(text[position:end])


def _render(template: str, seed: int = 0) -> str:
    return wording.render(wording.parse(template, SLOTS), random.Random(seed), _write)


def _readings(template: str, text: str) -> list[dict[str, int]]:
    node = wording.parse(template, SLOTS)
    return [{name: value for _, name, value in found} for found in wording.readings(node, text, _read)]


def test_choice_and_slots_render_one_alternative() -> None:
    texts = {_render("[[pick|choose]] {k} of {n}", seed) for seed in range(20)}
    assert texts == {"pick 5 of 12", "choose 5 of 12"}


def test_variants_counts_texts_with_numbers_masked() -> None:
    assert wording.variants(wording.parse("[[a|b [[c|d]]]] {n} [[|e]]", SLOTS)) == 3 * 2


def test_braces_of_latex_stay_literal() -> None:
    assert _render(r"$x^{{n}} + \frac{1}{2}$") == r"$x^{12} + \frac{1}{2}$"


def test_math_mode_is_known_at_each_slot() -> None:
    node = wording.parse("{k} and ${n}$", SLOTS)
    assert isinstance(node, wording.Sequence)
    assert [part.math for part in node.parts if isinstance(part, Slot)] == [False, True]


def test_a_unit_follows_the_value() -> None:
    assert _render("{n m/s}") == "12 m/s"
    assert _readings("{n m/s}", "7 m/s") == [{"n": 7}]
    assert _readings("{n m/s}", "7 km/h") == []


def test_pipe_outside_a_choice_and_escaped_inside() -> None:
    assert _render("|x| = {n}") == "|x| = 12"
    assert _render(r"[[\|x\| is {n}|\|x\| is {n}]]") == "|x| is 12"


@pytest.mark.parametrize("template", ["[[a|b", "a]] b", "[[$a|b]]$", "$x"])
def test_ill_formed_templates_are_refused(template: str) -> None:
    with pytest.raises(WordingError):
        wording.parse(template, SLOTS)


def test_empty_alternatives_leave_no_second_space() -> None:
    template = "a [[very|]] large {n}"
    for seed in range(10):
        text = " ".join(_render(template, seed).split())
        assert _readings(template, text) == [{"n": 12}]


def test_capitalised_matches_only_an_upper_case_start() -> None:
    node = Capitalised(wording.parse("the {n}", SLOTS))
    assert list(wording.readings(node, "The 3", _read))
    assert not list(wording.readings(node, "the 3", _read))


def test_every_reading_is_found() -> None:
    assert len(_readings("[[a |]]{n}[[ b|]]", "3")) == 1
    assert _readings("[[x {n}|x {k}]]", "x 4") == [{"n": 4}, {"k": 4}]


def test_a_hostile_template_runs_into_its_budget() -> None:
    template = "[[a|a]]" * 40 + "{n}"
    with pytest.raises(TooComplexError):
        _readings(template, "a" * 40 + "x")


@given(
    st.lists(
        st.sampled_from(["alpha ", "beta ", "[[one|two]] ", "{n} ", "{k} ", "[[|x ]]"]),
        min_size=1,
        max_size=8,
    ),
    st.integers(),
)
def test_whatever_is_rendered_is_read_back(parts: list[str], seed: int) -> None:
    template = "begin " + "".join(parts) + "end"
    text = " ".join(_render(template, seed).split())
    expected = {name: {"n": 12, "k": 5}[name] for name in wording.slots_of(wording.parse(template, SLOTS))}
    assert expected in _readings(template, text)
