"""What the procedural mode made of a few specs, in a form that a file can keep: see `test_procedural.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from propound.curriculum import draw_spec
from propound.episode import Episode
from propound.job import JobRequest
from propound.problem import ProblemSpec
from propound.record import digest
from propound.skills import default_library

SEED = 16
PARTS = {"scripted": (12, 2), "spoiled": (18, 1), "sampled": (3, 1)}
"""Specs and episodes of each: by the scripted teacher; by the same, but what it hands in is made wrong in one way after
the other; by the bundled checkpoint, and measured by the bundled weak solver."""
UNSTEADY = frozenset({"log_probabilities"})
"""Fields whose last digits depend on the processor."""

Run = Callable[[ProblemSpec, int], Episode]
Fields = Mapping[str, list[str]]
"""Names of the fields of each record, as they were when the file was made."""


def rows(part: str, run: Run, fields: Fields | None = None) -> Iterator[dict[str, Any]]:
    """What becomes of a part's episodes, in order; `fields` leaves out whatever came later."""
    library = default_library()
    specs, members = PARTS[part]
    for index in range(specs):
        spec = draw_spec(JobRequest(count=1, seed=SEED), library, index)
        for member in range(members):
            yield row(run(spec, member), fields)


def arithmetic(complete: Callable[..., Any]) -> str:
    """How this processor rounds what an engine computes: other processors sample other tokens now and then."""
    found = complete(tuple(range(100, 164)), seed=1, temperature=1.0, max_tokens=24)
    return digest([list(found.token_ids), list(found.log_probabilities)])


def row(episode: Episode, fields: Fields | None) -> dict[str, Any]:
    """One episode: what a person would compare in the open, the rest as digests."""
    verdict, problem = episode.verdict, episode.verdict.problem
    return {
        "domain": str(episode.trajectory.spec.domain),
        "outcome": str(episode.trajectory.outcome),
        "statement": problem.statement[:160] if problem else None,
        "answer": problem.answer[:40] if problem else None,
        "accepted": verdict.accepted,
        "rejection": None if verdict.rejection is None else str(verdict.rejection),
        "votes": [[vote.verifier, vote.answer and vote.answer[:40], vote.valid] for vote in verdict.votes],
        "rewards": episode.rewards.model_dump(mode="json"),
        "problem": digest(plain(problem, fields)),
        "trajectory": digest(plain(episode.trajectory, fields)),
        "verdict": digest(plain(verdict, fields)),
        "episode": digest(plain(episode, fields)),
    }


def plain(value: Any, fields: Fields | None) -> Any:
    """A record as JSON, with those fields that it had when the file was made."""
    if isinstance(value, BaseModel):
        names = type(value).model_fields if fields is None else fields[type(value).__name__]
        return {name: plain(getattr(value, name), fields) for name in names if name not in UNSTEADY}
    if isinstance(value, Mapping):
        return {str(name): plain(each, fields) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each, fields) for each in value]
    return str(value) if isinstance(value, str) else value


class Spoiling:
    """A policy that writes as another one does, but for what it hands in: the seed says what is wrong with it."""

    def __init__(self, policy: Any) -> None:
        self.policy = policy
        self.name, self.version = policy.name, policy.version

    def begin(self, spec: ProblemSpec, member: int, *more: Any) -> SpoilingWriter:
        """As `Policy`."""
        return SpoilingWriter(self.policy.begin(spec, member, *more), SPOILINGS[spec.seed % len(SPOILINGS)])


class SpoilingWriter:
    """One episode of it."""

    def __init__(self, writer: Any, spoil: Callable[[dict[str, Any]], None]) -> None:
        self.writer, self.spoil = writer, spoil
        self.checked: dict[str, Any] = {}

    def write(self, messages: Sequence[dict[str, Any]]) -> Any:
        """As `Writer`."""
        turn = self.writer.write(messages)
        found = re.search(r"<tool_call>(.*)</tool_call>", turn.text, re.DOTALL)
        call = json.loads(found.group(1)) if found else {}
        if call.get("name") == "check":
            self.checked = call["arguments"]
        if found is None or call.get("name") != "submit":
            return turn
        call["arguments"] = {**self.checked}
        self.spoil(call["arguments"])
        return replace(turn, text=turn.text.replace(found.group(1), json.dumps(call)))


def _answer(arguments: dict[str, Any]) -> None:
    arguments["answer"] = "17"


def _number(arguments: dict[str, Any]) -> None:
    statement = arguments["statement"]
    arguments["statement"] = re.sub(r"\d+", lambda found: str(int(found.group()) + 1), statement, count=1)


def _words(arguments: dict[str, Any]) -> None:
    arguments["statement"] = "Once more, but slowly. " + arguments["statement"][:-30]


def _away(arguments: dict[str, Any]) -> None:
    arguments["statement"] += f" The answer is {arguments['answer']}."


def _silence(arguments: dict[str, Any]) -> None:
    arguments.pop("answer")


def _composition(arguments: dict[str, Any]) -> None:
    arguments["composition"] = [{"skill": "arithmetic-sum", "parameters": {"first": 1}}]


SPOILINGS = (_answer, _number, _words, _away, _silence, _composition)


def fields_of(value: Any, found: dict[str, list[str]]) -> dict[str, list[str]]:
    """The names of the fields of every record in the value."""
    if isinstance(value, BaseModel):
        found.setdefault(type(value).__name__, sorted(type(value).model_fields))
        value = [getattr(value, name) for name in type(value).model_fields]
    elif isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            fields_of(each, found)
    return found
