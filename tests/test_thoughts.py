"""Thoughts in text: what counts as said, in the shapes that templates and servers leave behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.thoughts import Parted, part


@pytest.mark.parametrize(
    ("text", "parted"),
    [
        ("It is 7.", Parted("", "It is 7.", False)),
        ("<think>6? 7.</think>\n\nIt is 7.", Parted("6? 7.", "It is 7.", False)),
        ("6? 7.\n</think>\nIt is 7.", Parted("6? 7.", "It is 7.", False)),
        ("<think>So I get \\boxed{6}. Let me double", Parted("So I get \\boxed{6}. Let me double", "", True)),
        ("<think>I will close with </think> later</think>So 7.", Parted("I will close with  later", "So 7.", False)),
        ("<think>what is <think>?</think>So 7.", Parted("what is ?", "So 7.", False)),
        ("<think>a</think>b<think>c</think>d", Parted("abc", "d", False)),
        ("<think>a</think>b <think>c", Parted("a\nc", "b", True)),
        ("<thinking>a</thinking>b", Parted("a", "b", False)),
        ("<thought>a</thought>b", Parted("a", "b", False)),
        ("[THINK]a[/THINK]b", Parted("a", "b", False)),
        ("<seed:think>a</seed:think>b", Parted("a", "b", False)),
        ("◁think▷a◁/think▷b", Parted("a", "b", False)),
        ("<|begin_of_thought|>a<|end_of_thought|>b", Parted("a", "b", False)),
        ("<think></think>b", Parted("", "b", False)),
        ("", Parted("", "", False)),
    ],
)  # fmt: skip
def test_only_what_follows_the_last_closing_tag_is_said(text: str, parted: Parted) -> None:
    assert part(text) == parted


@given(st.text(), st.text(alphabet=st.characters(exclude_characters="<[◁")))
def test_what_follows_is_said_whatever_was_thought(thought: str, said: str) -> None:
    assert part(f"<think>{thought}</think>{said}").said == said.strip()


@given(st.text())
def test_what_is_said_holds_no_thought(text: str) -> None:
    said = part(text).said
    assert part(said) == Parted("", said, False)
