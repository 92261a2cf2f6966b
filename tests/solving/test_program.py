"""The program in a reply: any spelling of a block, and what follows it is not the program."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.solving.program import program_of

PROGRAM = "n = 6\nprint(n * 7)"


@pytest.mark.parametrize(
    "language",
    ["python", "Python", "python3", "Python 3", "py", "PY3", "{.python}", "{ .python }", "python title=x", ""],
)  # fmt: skip
@pytest.mark.parametrize(
    "after", ["", "\nThat is all.", "\n\nOutput:\n```\n42\n```", "\n```output\n42\n```\nDone."]
)
def test_any_spelling_of_the_language_and_what_follows(language: str, after: str) -> None:
    assert program_of(f"So:\n```{language}\n{PROGRAM}\n```{after}") == PROGRAM


@pytest.mark.parametrize(
    ("text", "program"),
    [
        (f"```python\n{PROGRAM}\n```\nIt prints\n```python\n42\n```", PROGRAM),
        (f"```python\n{PROGRAM}\n```\n```text\nprint is not called for\n```", PROGRAM),
        (f"```python\n{PROGRAM}\n```\n```\nx = 42\n```", PROGRAM),
        (f'```python\n{PROGRAM}\n```\n```json\n{{"print": 1}}\n```', PROGRAM),
        (f"```python\nprint(1)\n```\nNo, rather\n```python\n{PROGRAM}\n```", PROGRAM),
        (f"```bash\npython -c 'print(1)'\n```\n```\n{PROGRAM}\n```", PROGRAM),
        (f"```python\r\n{PROGRAM}\r\n```\r\n".replace("\n", "\r\n").replace("\r\r", "\r"), PROGRAM),
        ("1. Run\n\n   ```python\n   n = 6\n   print(n * 7)\n   ```\n", PROGRAM),
        (f"- ```python\n{PROGRAM}\n```", PROGRAM),
        (f"```python\n{PROGRAM}", PROGRAM),
        (f"```python\n{PROGRAM}```", PROGRAM),
        (f"~~~python\n{PROGRAM}\n~~~", PROGRAM),
        (f"````python\n{PROGRAM}\n````", PROGRAM),
        ("```py print(42)```", "print(42)"),
        (f"<think>\n```python\nprint(0)\n```\n</think>\n```python\n{PROGRAM}\n```", PROGRAM),
        ("<think>\n```python\nprint(0)\n```\n</think>\nI do not know.", ""),
        ("```python\nprint(0)\n```\n</think>I do not know.", ""),
        (f"<think>\n```python\n{PROGRAM}\n```", ""),
        ("```python\ndef solve(n):\n    return n + 1\n```", "def solve(n):\n    return n + 1"),
        ("```python\n42\n```", "42"),
        ("```\n42\n```", ""),
        (PROGRAM.replace("n = 6\n", "") + "\n", "print(n * 7)"),
        ("import math\nprint(math.pi)", "import math\nprint(math.pi)"),
        ("The answer is 42.", ""),
        ("", ""),
        ("```", ""),
        ("```python\n```", ""),
    ],
)  # fmt: skip
def test_the_last_block_that_is_a_program(text: str, program: str) -> None:
    assert program_of(text) == program


@given(st.text(alphabet=st.sampled_from("`~ \n\rpython<think>/42=()"), max_size=60))
def test_any_text_has_a_program_or_none(text: str) -> None:
    assert "\r" not in program_of(text)
