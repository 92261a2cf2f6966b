"""Front matter of strangers: plain text with lines, and YAML's weapons are refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from propound.skills.front import MAX_FRONT, FrontError, Value, parse, split


def plain(value: Value) -> Any:
    """Without lines."""
    if isinstance(value.content, dict):
        return {key: plain(inside) for key, inside in value.content.items()}
    return [plain(inside) for inside in value.content] if isinstance(value.content, list) else value.content


def test_every_scalar_is_text() -> None:
    front = "name: on\nmetadata:\n  version: 1.0\n  when: 2026-01-01\n  tags: [a, 2]\n  empty:\n"
    assert {key: plain(value) for key, value in parse(front).items()} == {
        "name": "on",
        "metadata": {"version": "1.0", "when": "2026-01-01", "tags": ["a", "2"], "empty": ""},
    }


def test_values_know_their_lines_in_the_file() -> None:
    found = parse("name: a\ndescription: >\n  b\n  c\nmetadata:\n  domain: science\n")
    assert (found["name"].line, found["description"].line, found["metadata"].line) == (2, 3, 7)
    assert found["description"].text() == "b c"
    inside = found["metadata"].content
    assert isinstance(inside, dict)
    assert inside["domain"].line == 7


@pytest.mark.parametrize(
    ("front", "line", "reason"),
    [
        ("a: &x 1\nb: 2", 2, "anchors"),
        ("b: 2\na: *x", 3, "anchors"),
        ("a: &x [1]\nb: [*x, *x]", 2, "anchors"),
        ("a: !!python/object/apply:os.system [ls]", 2, "tags"),
        ("b: 1\na: !!str x", 3, "tags"),
        ("a: ! x", 2, "tags"),
        ("%TAG ! tag:x,2000:\n---\na: 1", 2, "directives|YAML"),
        ("a: 1\n...\n---\nb: 2", 4, "one document"),
        ("a: 1\nb: 2\na: 3", 4, "twice"),
        ("[a]: 1", 2, "a key is text"),
        ("a: [[[[[1]]]]]", 2, "nested deeper"),
        ("a: [" + "1, " * 600 + "]", 2, "more than"),
        ("- a\n- b", 2, "mapping"),
        ("", 2, "mapping"),
        ("just text", 2, "mapping"),
        ("a: b: c", 2, "no YAML"),
        ("a: 'b", 2, "no YAML"),
        ("a: 1\n\tb: 2", 3, "no YAML"),
        ("a: \x07", 2, "no YAML"),
    ],
)
def test_what_is_refused_and_where(front: str, line: int, reason: str) -> None:
    with pytest.raises(FrontError, match=reason) as caught:
        parse(front)
    assert caught.value.line == line


def test_billion_laughs_are_not_told() -> None:
    lines = ['a0: &a0 ["lol", "lol"]', *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    with pytest.raises(FrontError, match="anchors"):
        parse("\n".join(lines))


def test_deep_nesting_does_not_end_in_recursion() -> None:
    with pytest.raises(FrontError, match="nested deeper"):
        parse("a: " + "[" * 8_000)


def test_a_text_is_split_at_its_lines() -> None:
    assert split("---\nname: a\n---\n\n# B\n---\n") == ("name: a", "\n# B\n---\n", 4)


@pytest.mark.parametrize(
    "text", ["", "name: a", "\n---\nname: a\n---\n", "---\nname: a\n", "--- x\na: 1\n---\n"]
)
def test_front_matter_stands_first_and_ends(text: str) -> None:
    with pytest.raises(FrontError):
        split(text)


def test_long_front_matter_is_not_parsed() -> None:
    with pytest.raises(FrontError, match="characters"):
        split("---\n" + "a" * (MAX_FRONT + 1) + "\n---\n")


@given(st.text(alphabet="ab:-[]{}&*!%#|>'\"\\, \n\té0.", max_size=80))
def test_any_text_is_read_or_refused(front: str) -> None:
    with suppress(FrontError):
        parse(front)


KEYS = st.text(alphabet="abcxyz-", min_size=1, max_size=8)
VALUES = st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=30)


@given(
    st.dictionaries(
        KEYS, st.one_of(VALUES, st.dictionaries(KEYS, VALUES, min_size=1, max_size=3)), min_size=1, max_size=4
    )
)
def test_what_yaml_writes_is_read_back(written: dict[str, Any]) -> None:
    text = yaml.safe_dump(written, allow_unicode=True, default_style='"')
    assert {key: plain(value) for key, value in parse(text.replace("!!str ", "")).items()} == written
