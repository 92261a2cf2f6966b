"""What a judge is shown: its part, the form of its verdict, and the case between marks that nobody can forge."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from propound.trajectory import Trajectory
from propound.verification.judges.parse import SCHEMA
from propound.verification.verifiers import Case

MAX_TRACE = 40_000
"""Longest trace that is shown, in characters; of a longer one the middle is left out."""


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


def question(name: str, case: Case) -> Question:
    """The messages to a judge; fence and ticket are drawn anew, and do not occur in the case."""
    statement = case.submission.statement
    trace = _trace(case.trajectory)
    fence, ticket = _unused(statement, trace), _unused(statement, trace)
    role = prompt(name).format(domain=case.trajectory.spec.domain)
    form = prompt("form").format(fence=fence, ticket=ticket)
    shown = "\n\n".join(
        [
            _fenced("FINAL STATEMENT", statement, fence),
            _fenced("AUTHOR'S ANSWER", case.submission.answer, fence),
            _fenced("AUTHOR'S TRACE", trace, fence),
            f"That was the case. Judge it, and end with the JSON object that holds the ticket {ticket}.",
        ]
    )
    messages = ({"role": "system", "content": f"{role}\n{form}"}, {"role": "user", "content": shown})
    return Question(messages, ticket)


def _unused(*texts: str) -> str:
    """Sixteen random hex digits that stand in none of the texts."""
    while any((drawn := secrets.token_hex(8)) in text for text in texts):
        pass
    return drawn


def _fenced(title: str, text: str, fence: str) -> str:
    return f"BEGIN {title} {fence}\n{text}\nEND {title} {fence}"


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
