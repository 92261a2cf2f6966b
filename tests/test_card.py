"""A card as a record: what crosses processes is bounded, and says nothing that cannot be seen."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from propound.card import MAX_BODY, MAX_SCRIPT, Card
from tests.factories.cards import card


def test_the_first_level_says_what_the_card_says() -> None:
    made = card(intent="why", method="how", difficulty="what for", tool="a count", conflicts=("fair-dice",))
    assert made.front() == (
        "name: equal-shares (number-theory)\nintent: why\nmethod: how\ndifficulty: what for\ncheck with: a count\n"
        "conflicts: fair-dice"
    )
    assert card().front() == "name: equal-shares (number-theory)\nintent: Deals out a whole."


def test_programs_lie_in_a_folder_of_the_cards_own() -> None:
    made = card(scripts={"count.py": "x = 1\n"})
    assert made.package == "equal_shares"
    assert made.modules == {"equal_shares/count.py": "x = 1\n"}


def test_a_card_comes_back_from_json() -> None:
    made = card(conflicts=("fair-dice",), scripts={"count.py": "x = 1\n"}, body="# A\n\nB")
    assert Card.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Equal"},
        {"name": "equal-"},
        {"name": "equal\n"},
        {"name": "e" * 65},
        {"category": ""},
        {"category": "number\ntheory"},
        {"description": "one\nname: other (forged)"},
        {"description": "turned \u202eround"},
        {"intent": "of no \u200bwidth"},
        {"tool": "\U000e0041 tag"},
        {"method": "\x1b[31m"},
        {"body": "NUL \x00"},
        {"body": "x" * (MAX_BODY + 1)},
        {"conflicts": ("Not a name",)},
        {"conflicts": tuple(f"a{n}" for n in range(33))},
        {"scripts": {"../escape.py": "x = 1"}},
        {"scripts": {"sub/module.py": "x = 1"}},
        {"scripts": {"__init__": "x = 1"}},
        {"scripts": {"count.py": ""}},
        {"scripts": {"count.py": "#" * (MAX_SCRIPT + 1)}},
        {"scripts": {f"m{n}.py": "x = 1" for n in range(9)}},
        {"name": "2-sat", "scripts": {"count.py": "x = 1"}},
        {"name": "while", "scripts": {"count.py": "x = 1"}},
        {"content_hash": "0"},
        {"formal": True},
    ],
)
def test_what_a_card_cannot_be(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        card(**changes)
