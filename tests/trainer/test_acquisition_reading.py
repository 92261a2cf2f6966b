"""Replies of large and small models become drafts; nothing else does, and nothing is a surprise."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.domain import Domain
from tests.factories.acquisition import DOUBLE
from trainer.acquisition.draft import PARTS
from trainer.acquisition.reading import MAX_REPLY, NoSkillError, ReplyError, read_draft

THOUGHT = f"<think>Maybe {DOUBLE.model_copy(update={'name': 'Wrong one'}).text()}</think>\n"


@pytest.mark.parametrize(
    "reply",
    [
        DOUBLE.text(),
        f"{THOUGHT}Here is the card.\n\n```json\n{DOUBLE.text()}\n```\nI hope that helps!",
        json.dumps({"card": json.loads(DOUBLE.text())}),
        f"[{DOUBLE.text()}]",
        f"Of the form {{name, domain}}:\n{DOUBLE.text()}",
        json.dumps(
            {
                ("Typical_Mistakes" if key == "mistakes" else key.upper()): value
                for key, value in json.loads(DOUBLE.text()).items()
            }
        ),
    ],
    ids=["alone", "thought and fence", "wrapped", "list", "braces before", "other keys"],
)
def test_json_in_whatever_a_model_puts_around_it(reply: str) -> None:
    assert read_draft(reply) == DOUBLE


def test_a_small_models_headings_are_read_too() -> None:
    reply = """Sure! Here's a skill card:

**Name:** Sum of an arithmetic sequence
**Domain:** Math
- **Category**: Number Theory
**Description:** Adds up numbers with a constant difference.
## Intent
To make a long sum short.

### Workflow:
1. Choose the first term.
2) Choose the difference.
- Ask for the sum.

## Typical Mistakes
* off by one
Tool hint: a loop
"""
    draft = read_draft(reply)
    assert draft.name == "Sum of an arithmetic sequence"
    assert draft.domain is Domain.MATHEMATICS
    assert draft.category == "number-theory"
    assert draft.intent == "To make a long sum short."
    assert draft.workflow == "Choose the first term.\nChoose the difference.\nAsk for the sum."
    assert draft.mistakes == "off by one"
    assert draft.tool == "a loop"


def test_json_with_a_comma_too_many_is_read_line_by_line() -> None:
    reply = """```json
{
  "name": "Chinese remainders",
  "domain": "mathematics",
  "description": "Gives a number by its remainders.",
  "method": "Choose coprime moduli.",
  "workflow": [
    "choose the moduli",
    "ask for the number",
  ],
}
```"""
    draft = read_draft(reply)
    assert (draft.name, draft.domain) == ("Chinese remainders", Domain.MATHEMATICS)
    assert draft.method == "Choose coprime moduli."
    assert draft.workflow == "choose the moduli\nask for the number"


def test_tex_is_meant_where_it_stands() -> None:
    reply = DOUBLE.text().replace("An author makes", r"$\frac{1}{2} \times \neq \sqrt{2}$ An author makes")
    assert r"$\frac{1}{2} \times \neq \sqrt{2}$" in read_draft(reply).intent


def test_what_repeats_the_form_says_nothing() -> None:
    form = {part.key: list(part.hint) if part.is_list else part.hint[0] for part in PARTS}
    with pytest.raises(ReplyError, match="no card"):
        read_draft(json.dumps(form))
    said = json.loads(DOUBLE.text()) | {"tool": form["tool"], "mistakes": form["mistakes"]}
    assert read_draft(json.dumps(said)) == DOUBLE.model_copy(update={"tool": "", "mistakes": ""})


@pytest.mark.parametrize(
    ("named", "domain"),
    [
        ("Maths (algebra)", Domain.MATHEMATICS),
        ("Programming", Domain.CODING),
        ("computer science", Domain.CODING),
        ("Physics", Domain.SCIENCE),
        ("history", None),
        ("", None),
    ],
)
def test_domains_by_the_names_that_models_give_them(named: str, domain: Domain | None) -> None:
    assert read_draft(json.dumps(json.loads(DOUBLE.text()) | {"domain": named})).domain is domain


@pytest.mark.parametrize("reply", ['{"name": ""}', 'None.\n{"name": "", "domain": "", "workflow": []}'])
def test_a_teacher_may_find_nothing(reply: str) -> None:
    with pytest.raises(NoSkillError):
        read_draft(reply)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "no card"),
        ("I would rather not.", "no card"),
        (DOUBLE.text()[:90], "no card"),
        ('{"name": "a", "name": "b"}', "no card"),
        ('{"name": NaN}', "no card"),
        ('{"name": "x", "domain": {"a": {"a": {"a": {"a": "math"}}}}}', "no card"),
        ("{" * 50_000, "no card"),
        ("[" * 50_000 + DOUBLE.text(), None),
        (f"<think>{DOUBLE.text()}", "within a thought"),
        ("x" * (MAX_REPLY + 1), "longer than"),
    ],
)
def test_what_is_no_card_says_why(reply: str, reason: str | None) -> None:
    if reason is None:
        assert read_draft(reply) == DOUBLE
        return
    with pytest.raises(ReplyError, match=reason):
        read_draft(reply)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([part.key for part in PARTS]) | st.text(max_size=5), inner, max_size=8
        )
    ),
    max_leaves=30,
)


@given(JSON | st.text(max_size=300))
def test_every_reply_is_a_draft_or_a_reason(value: object) -> None:
    reply = value if isinstance(value, str) else json.dumps(value)
    try:
        draft = read_draft(reply)
    except ReplyError:
        return
    assert read_draft(draft.text()) == draft
    assert all("\n" not in draft.said(part) for part in PARTS if not part.heading)
