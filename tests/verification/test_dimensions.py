"""Dimensional analysis of statements: units that the methods expect, in the text itself."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from typing import Any

import pytest

from propound.domain import Domain
from propound.skills import default_library
from propound.skills.toolkit import statement
from propound.skills.toolkit.composition import draw
from propound.skills.toolkit.statement import Reading
from propound.verification.dimensions import Dimensions, inconsistent_units

LIBRARY = default_library()
CHECK = Dimensions(LIBRARY)
USES = [
    {"skill": "kinetic-energy", "parameters": {"m": "2.5", "v": "4.0"}},
    {"skill": "ice-melting", "parameters": {"e": "@", "p": "20", "t": "30", "ti": "260"}},
]
NAMES = ["kinetic-energy", "ice-melting"]


def _text(seed: int = 1) -> str:
    frames = statement.Frames.from_catalogue(LIBRARY.frames[Domain.SCIENCE])
    return statement.write(frames, LIBRARY.skills(NAMES), USES, random.Random(seed))


@pytest.mark.parametrize("name", LIBRARY.names())
def test_every_wording_writes_the_declared_units(name: str) -> None:
    assert inconsistent_units(LIBRARY.skills([name])[0]) == []


@pytest.mark.parametrize("seed", range(20))
def test_a_statement_of_the_library_has_consistent_dimensions(seed: int) -> None:
    text = _text(seed)
    reading = LIBRARY.read(NAMES, text)
    assert reading.unit == "kg"
    assert CHECK.fault(reading, text) is None


@pytest.mark.parametrize("name", [name for name in LIBRARY.names() if LIBRARY[name].domain is Domain.SCIENCE])
def test_no_wording_of_a_skill_is_refused(name: str) -> None:
    """Units stand before brackets and full stops, too."""
    frames = statement.Frames.from_catalogue(LIBRARY.frames[Domain.SCIENCE])
    for seed in range(40):
        chance = random.Random(seed)
        use = draw(LIBRARY.skills([name]), chance, 1 + seed % 3)
        text = statement.write(frames, LIBRARY.skills([name]), use, chance)
        assert CHECK.fault(LIBRARY.read([name], text), text) is None, text


def test_a_unit_ends_with_the_bracket_that_it_opened() -> None:
    text = _text()
    reading = LIBRARY.read(NAMES, text)
    assert CHECK.fault(reading, text.replace("20 W", "20 J/(s)")) is None
    assert CHECK.fault(reading, text.replace("20 W", "20 J/(s).)).")) is None
    assert "does not stand in" in str(CHECK.fault(reading, text.replace("20 W", "20 m/(s).")))


@pytest.mark.parametrize(
    ("written", "instead"), [("2.5 kg", "2.5 m"), ("4.0 m/s", "4.0 km/h"), ("20 W", "20 kW"), ("20 W", "20")]
)
def test_a_number_with_another_unit_is_found(written: str, instead: str) -> None:
    text = _text()
    reading = LIBRARY.read(NAMES, text)
    assert written in text
    assert "does not stand in" in str(CHECK.fault(reading, text.replace(written, instead)))


def test_an_equal_unit_in_other_words_is_the_same() -> None:
    text = _text().replace("20 W", "20 J/s")
    assert CHECK.fault(LIBRARY.read(NAMES, _text()), text) is None


def test_an_answer_of_another_dimension_is_found() -> None:
    text = _text()
    reading = dataclasses.replace(LIBRARY.read(NAMES, text), unit="J")
    assert "asked for in J" in str(CHECK.fault(reading, text))


def test_a_result_in_another_unit_than_its_port_is_found() -> None:
    skills = ["water-heating", "ice-melting"]
    composition = [{"skill": skills[0], "parameters": {}}, USES[1]]
    assert "e is in J, the result before in K" in str(
        CHECK.fault(Reading(composition, 3, unit="kg"), "20 W 30 s 260 K")
    )


def test_a_wording_in_two_units_is_found() -> None:
    skill = LIBRARY.skills(["kinetic-energy"])[0]
    forms: list[Mapping[str, Any]] = [{"quantity": ["the energy of {m kg} at {v km/h}"]}]
    assert inconsistent_units(dataclasses.replace(skill, forms=forms)) == [
        "kinetic-energy: v is written in km/h, declared in m/s"
    ]
    assert inconsistent_units(dataclasses.replace(skill, unit="zork")) == [
        "kinetic-energy: its result has no known unit: zork"
    ]
