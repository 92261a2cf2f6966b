"""Thoughts of reasoning models: only what follows the last end of one is a reply, and an unfinished one is none."""

from __future__ import annotations

import pytest

from propound.answers import Agreement, AnswerKind, compare, extract
from propound.answers.thoughts import after_thoughts

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
