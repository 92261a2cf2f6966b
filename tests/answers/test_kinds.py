"""Other names of kinds."""

from __future__ import annotations

import pytest

from propound.answers import kind_named
from propound.answers.kinds import AnswerKind


@pytest.mark.parametrize("kind", AnswerKind)
def test_every_kind_has_its_own_name(kind: AnswerKind) -> None:
    assert kind_named(kind.value) is kind
    assert kind_named(f" {kind.value.upper().replace('_', '-')} ") is kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("literal text", AnswerKind.TEXT),
        ("expression modulo a constant", AnswerKind.MODULO_CONSTANT),
        ("Program Output", AnswerKind.PROGRAM_OUTPUT),
        ("interval or union", AnswerKind.INTERVAL),
        ("auto", None),
    ],
)
def test_other_names(name: str, kind: AnswerKind | None) -> None:
    assert kind_named(name) is kind


@pytest.mark.parametrize("name", ["poetry", "\ud800", "x" * 100_000])
def test_unknown_names(name: str) -> None:
    with pytest.raises(KeyError):
        kind_named(name)
