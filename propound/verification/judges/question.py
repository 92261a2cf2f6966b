"""What a judge or an auditor is told: its part, the form of its verdict, and the case between marks."""

from __future__ import annotations

import hashlib
import json
import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from propound.models.marks import Marks
from propound.trajectory import Trajectory
from propound.verification.judges.opinion import SCHEMA
from propound.verification.verifiers import Case

MAX_TRACE = 40_000
"""Longest trace that is shown, in characters; of a longer one the middle is left out."""


BLIND = frozenset({"solver", "sceptic", "auditor"})
"""Parts that see the statement alone, so that nobody's answer can lead them."""
LETTERS = string.ascii_uppercase
"""Names of the answers that an auditor chooses from; more than these are not shown."""


@dataclass(frozen=True)
class Question:
    """One request to a judge."""

    messages: tuple[dict[str, Any], ...]
    ticket: str


@cache
def prompt(name: str) -> str:
    """The text of a prompt file.

    Raises:
        FileNotFoundError: there is no such prompt.
    """
    return files(__package__).joinpath("prompts", f"{name}.txt").read_text(encoding="utf-8")


@cache
def prompt_version(name: str) -> str:
    """Twelve hex digits that change with every change of what a judge with this prompt is told."""
    told = "\0".join([prompt(name), prompt("form"), json.dumps(SCHEMA)])
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def question(part: str, case: Case, marks: Marks) -> Question:
    """The messages to a judge or auditor; fence and ticket do not occur in what it is shown.

    Args:
        part: name of the prompt. Only the reviewer sees more than the statement.
        case: what there is to judge.
        marks: where fence and ticket come from.
    """
    shown = [("STATEMENT", case.submission.statement)]
    if part not in BLIND:
        shown.append(("AUTHOR'S ANSWER", case.submission.answer))
        if case.submission.open is not None:
            shown.append(("AUTHOR'S PROGRAM", case.submission.open.program))
        if case.trajectory is not None:
            shown.append(("AUTHOR'S TRACE", _trace(case.trajectory)))
    return _asked(f"{prompt(part)}\n{prompt('form')}", part, case, shown, marks)


def choice(case: Case, answers: Sequence[str], marks: Marks) -> Question:
    """The messages to an auditor that chooses between answers, named A, B, ... in the order given."""
    shown = [("STATEMENT", case.submission.statement)]
    shown += [(f"ANSWER {letter}", answer) for letter, answer in zip(LETTERS, answers, strict=False)]
    return _asked(prompt("choice"), "choice", case, shown, marks)


def _asked(
    instruction: str, use: str, case: Case, shown: Sequence[tuple[str, str]], marks: Marks
) -> Question:
    texts = [text for _, text in shown]
    fence, ticket = marks.draw(f"{use} fence", *texts), marks.draw(f"{use} ticket", *texts)
    told = instruction.format(domain=case.domain, fence=fence, ticket=ticket)
    fenced = [f"BEGIN {title} {fence}\n{text}\nEND {title} {fence}" for title, text in shown]
    last = f"That was all. End with the JSON object that holds the ticket {ticket}."
    messages = (
        {"role": "system", "content": told},
        {"role": "user", "content": "\n\n".join([*fenced, last])},
    )
    return Question(messages, ticket)


def _trace(trajectory: Trajectory) -> str:
    turns = []
    for number, step in enumerate(trajectory.steps, 1):
        turns.append(f"[turn {number}, {step.stage}, skills: {', '.join(step.skills)}]\n{step.text}")
        turns.append(f"[answer to turn {number}]\n{step.observation.text}")
    text = "\n".join(turns)
    if len(text) <= MAX_TRACE:
        return text
    half = MAX_TRACE // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters are left out ...]\n{text[-half:]}"
