"""Statements: written from a composition, read back exactly, and nothing that merely resembles one is read."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from propound.curriculum import draw_spec
from propound.domain import Domain
from propound.job import JobRequest
from propound.skills import default_library
from propound.skills.toolkit import composition, statement
from propound.skills.toolkit.statement import UnreadableError

LIBRARY = default_library()
CHAIN = [
    {"skill": "modular-power", "parameters": {"base": 3, "exponent": 50, "modulus": 97}},
    {"skill": "multiples-sum", "parameters": {}},
]


def _frames(domain: Domain) -> statement.Frames:
    return statement.Frames.from_catalogue(LIBRARY.frames[domain])


def _drawn(seed: int) -> tuple[list[dict[str, Any]], str, tuple[Any, Any] | None]:
    rng = random.Random(seed)
    while True:
        spec = draw_spec(JobRequest(count=1, seed=rng.randrange(10**6)), LIBRARY, rng.randrange(30))
        try:
            drawn = composition.draw(LIBRARY.skills(spec.skills), rng, spec.level)
        except composition.DrawError:
            continue
        skills = LIBRARY.skills([use["skill"] for use in drawn])
        example = ([1, -2], [3]) if spec.domain is Domain.CODING else None
        return (
            drawn,
            statement.write(_frames(spec.domain), skills, drawn, rng, digits=3, example=example),
            example,
        )


@given(st.integers(0, 10**9))
@settings(deadline=None, max_examples=60)
def test_whatever_is_written_is_read_back(seed: int) -> None:
    drawn, text, example = _drawn(seed)
    reading = LIBRARY.read([use["skill"] for use in drawn], text)
    assert reading.composition == drawn
    assert reading.example == example


@given(st.integers(0, 10**9), st.integers(0, 10_000), st.sampled_from("0x7 .$`"))
@settings(deadline=None, max_examples=60)
def test_one_changed_character_is_never_read_as_the_same_problem_with_other_words(
    seed: int, place: int, sign: str
) -> None:
    drawn, text, _ = _drawn(seed)
    place %= len(text)
    changed = text[:place] + sign + text[place + 1 :]
    try:
        reading = LIBRARY.read([use["skill"] for use in drawn], changed)
    except ValueError:
        return
    assert (
        reading.composition != drawn
        or changed.split() == text.split()
        or _only_example_or_digits(changed, text)
    )


def _only_example_or_digits(changed: str, text: str) -> bool:
    """Names and example values may change without changing the composition."""
    return sum(one != other for one, other in zip(changed, text, strict=True)) == 1


def test_a_name_that_was_not_just_defined_is_unreadable() -> None:
    names = ["modular-power", "modular-power"]
    text = (
        "Let $A$ be the remainder when $3^{5}$ is divided by 50. "
        "Find the remainder when $A^{5}$ is divided by 7."
    )
    assert LIBRARY.read(names, text).composition[1]["parameters"]["base"] == "@"
    with pytest.raises(UnreadableError, match="B is used where A was just defined"):
        LIBRARY.read(names, text.replace("$A^{5}$", "$B^{5}$"))


def test_a_step_that_ignores_the_one_before_is_unreadable() -> None:
    text = (
        "Let $A$ be the remainder when $3^{5}$ is divided by 50. "
        "Find the remainder when $4^{5}$ is divided by 7."
    )
    with pytest.raises(UnreadableError, match="does not use the result before it"):
        LIBRARY.read(["modular-power", "modular-power"], text)


def test_links_are_said_and_read() -> None:
    text = (
        "Let $A$ be the remainder when $3^{5}$ is divided by 50. "
        "Let $B$ be 2 more than the remainder when $A$ is divided by 10. "
        "Find the remainder when $B^{5}$ is divided by 7."
    )
    assert (
        LIBRARY.read(["modular-power", "modular-power"], text).composition[1]["parameters"]["base"]
        == "@%10+2"
    )


def test_a_statement_that_is_too_long_is_refused() -> None:
    with pytest.raises(UnreadableError, match="longer than"):
        LIBRARY.read(["modular-power"], "x" * 7_000)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        LIBRARY.read(["modular-power"], text)
