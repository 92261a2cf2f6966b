"""Thoughts of reasoning models: only what follows the last end of one is a reply, and an unfinished one is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.answers import Agreement, AnswerKind, compare, extract
from propound.answers.thoughts import Parted, after_thoughts, part

PAIRS = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<THINK>", "</THINK>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("◁think▷", "◁/think▷"),
    ("[THINK]", "[/THINK]"),
    ("<|begin_of_thought|>", "<|end_of_thought|>\n\n<|begin_of_solution|>"),
    ("<|START_THINKING|>", "<|END_THINKING|><|START_RESPONSE|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<|channel>thought\n", "<channel|>"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("<|channel|>analysis<|message|>", "<|end|><|channel|>final <|constrain|>json<|message|>"),
    ("analysis", "assistantfinal"),
]


@pytest.mark.parametrize(("start", "end"), PAIRS)
def test_only_what_follows_the_end_of_a_thought_counts(start: str, end: str) -> None:
    thought = r"So I get \boxed{6}. Let me double"
    assert after_thoughts(f"{start}{thought}{end}The answer is 12.") == "The answer is 12."
    assert after_thoughts(start + thought) is None
    results = {
        reply: compare(gold="6", answer=reply).result
        for reply in (start + thought, f"{start}{thought}{end}12", f"{start}12{end}The answer is 6.")
    }
    assert [*results.values()] == [Agreement.NOT_EQUAL, Agreement.NOT_EQUAL, Agreement.EQUAL]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("6", "6"),
        ("", ""),
        ("a</think>b</think>6", "6"),
        ("<think>a</think>6<think>b", None),
        ("<think>a</think><think>b</think>6", "6"),
        (r"\boxed{6}<|im_end|>", r"\boxed{6}"),
        ("6</s>\n", "6"),
        ("Analysis: 6", "Analysis: 6"),
        ("An analysis of it gives 6", "An analysis of it gives 6"),
        ("I think 6", "I think 6"),
        ("<|channel|>commentary to=functions.run<|message|>{}", None),
    ],
)
def test_what_is_and_what_is_no_thought(text: str, rest: str | None) -> None:
    assert after_thoughts(text) == rest


def test_a_long_thought_is_still_unfinished() -> None:
    """Its beginning is further away than the text in which answers are looked for."""
    reply = "<think>" + r"so \boxed{6} " * 30_000
    assert compare(gold="6", answer=reply).reason == "an unfinished thought is no answer"


def test_what_a_program_printed_follows_a_thought_as_well() -> None:
    kind = AnswerKind.PROGRAM_OUTPUT
    assert compare(gold="1\n2", answer="<think>hm</think>1\n2", kind=kind).result is Agreement.EQUAL
    assert compare(gold="1\n2", answer="<think>1\n2", kind=kind).result is Agreement.NOT_EQUAL
    assert compare(gold="<think>", answer="<think>", kind=kind).result is Agreement.EQUAL


@pytest.mark.parametrize(
    "reply",
    [
        "<answer>6</answer>",
        r"<think>5</think><answer> \boxed{6} </answer>",
        "So <answer>5</answer> no: <answer>6",
    ],
)
def test_the_last_tag_of_an_answer_counts(reply: str) -> None:
    assert extract(reply) == "6"


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
