"""Finding the final answer in prose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.answers import extract


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("5", "5"),
        ("  5. ", "5"),
        ("$5$", "5"),
        ("$$5$$.", "5"),
        (r"\(5\)", "5"),
        ("**5**", "5"),
        ("The answer is 5.", "5"),
        ("the final answer is: $5$.", "5"),
        ("Answer: 5", "5"),
        ("work\n#### 5", "5"),
        ("Is the answer 4? No, the answer is 5", "5"),
        (r"\boxed{5}", "5"),
        (r"First \boxed{4}, then \boxed{5}.", "5"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{\{1,2\}}", r"\{1,2\}"),
        (r"\boxed {5}", "5"),
        (r"\fbox{5}", "5"),
        (r"\boxed{5} and then \boxed{6", r"\boxed{5} and then \boxed{6"),
        ("the answer isn't 5", "the answer isn't 5"),
        ("5...", "5..."),
        ("$5$ and $6$", "$5$ and $6$"),
        ("", ""),
    ],
)
def test_extracts(text: str, answer: str) -> None:
    assert extract(text) == answer


@given(st.text(alphabet=r"\boxed{}$().* answeris:5#", max_size=60))
def test_is_total_and_never_longer(text: str) -> None:
    assert len(extract(text)) <= len(text)


def test_only_the_end_of_a_huge_text_is_read() -> None:
    assert extract(r"\boxed{4}" + " x" * 1_000_000 + r"\boxed{5}") == "5"
    assert extract("{" * 1_000_000 + r"\boxed{" * 20_000) != "5"


@pytest.mark.parametrize(
    "piece", [" ", "answer ", "answer is ", "answer:", r"\text{answer is ", ". ", "$", "`", r"\boxed{", "\\"]
)
def test_no_repetition_makes_it_hang(piece: str) -> None:
    for end in ("", "x", "}"):
        extract(r"\text{answer is" + piece * 100_000 + end)
