"""Finding the final answer in prose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.answers import extract
from propound.answers.extraction import conclusion


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
        (r"Answer \( 9 \)", "9"),
        (r"Answer $\frac12$", r"\frac12"),
        (r"\boxed{(2, 2)} \quad \text{and} \quad \boxed{(6, 2)}", r"(2, 2) \quad   and  \quad (6, 2)"),
        (r"\(\boxed{1}\) and \(\boxed{-2}\).", "1  and  -2"),
        ("", ""),
    ],
)
def test_extracts(text: str, answer: str) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("Hence the sum is 5.", "5"),
        (r"We find that $x \lt 3$.", r"x \lt 3"),
        (r"Thus $x \le 2$ is our solution.", r"x \le 2"),
        (r"The matrix: \[ \begin{pmatrix}1\\2\end{pmatrix} \]", r"\begin{pmatrix}1\\2\end{pmatrix}"),
        ("She needs 7 apples.", "7 apples"),
        ("We do not have $x = 3$.", None),
        ("If $x = 3$ it works.", None),
        ("The first root is $3$.", None),
        ("We have $3$ and $4$.", "$3$ and $4$"),
        ("The answer is 4. Then $x = 3$ follows.", None),
        ("$3$", None),
    ],
)
def test_concludes(text: str, end: str | None) -> None:
    assert conclusion(text) == end


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
