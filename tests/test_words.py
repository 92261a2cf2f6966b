"""Texts as words: what counts is what is said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from propound.words import runs, words

TEXT = st.text(st.characters(exclude_categories=()), max_size=80)


def test_case_layout_and_signs_do_not_count_but_numbers_do() -> None:
    assert words("Let  $T_1$ be\n 3.50 and ＡＢＣ.") == ["let", "t", "1", "be", "3.50", "and", "abc"]
    assert words("\x00\ud800 !?") == []


def test_runs_of_short_texts() -> None:
    assert runs(["a", "b", "c"], 2) == {"a b", "b c"}
    assert runs(["a"], 2) == {"a"}
    assert runs([], 2) == set()


@given(text=TEXT, length=st.integers(1, 9))
def test_every_text_has_words_that_are_their_own_words(text: str, length: int) -> None:
    found = words(text)
    assert words(" ".join(found)) == found
    assert len(runs(found, length)) <= max(1, len(found))
