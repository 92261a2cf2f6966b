"""One row of somebody's own file: a question with its answer, under the names that datasets usually have for them.

A row is untrusted, and often not as its owner thinks: what is wrong with it is said, and nothing is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from pydantic import Field

from propound.answers import AnswerKind, extract, infer_kind, kind_named
from propound.answers.limits import MAX_ANSWER
from propound.characters import tidy
from propound.domain import Domain
from propound.errors import PropoundError
from propound.problem import MAX_PROGRAM, MAX_STATEMENT
from propound.record import Record

MAX_ROW = 200_000
"""Longest row that is read, in bytes of its JSON."""
MAX_ID = 200
MOST_WORDS = 8
"""Of an answer in words; a longer one is a sentence about it."""

QUESTIONS = ("question", "problem", "prompt", "statement", "query", "instruction", "input")
ANSWERS = (
    "answer",
    "final_answer",
    "expected_answer",
    "gold",
    "gold_answer",
    "ground_truth",
    "reward_model",
    "correct_answer",
    "target",
    "label",
    "solution",
    "output",
    "response",
)
"""Where several are there, the first counts; of a whole solution, what stands in its box or after "the answer is"."""
PROGRAMS = ("program", "code", "reference_solution")
IDS = ("id", "unique_id", "problem_id", "question_id", "task_id", "uid")
_CHOICES = ("choices", "options")
_SCIENCES = frozenset(
    {"science", "physics", "chemistry", "biology", "engineering", "astronomy", "earth_science"}
)
_MATHEMATICS = frozenset(
    {"mathematics", "math", "maths", "arithmetic", "algebra", "geometry", "number_theory"}
)
_CODING = frozenset({"coding", "code", "programming", "algorithms"})


class RowError(PropoundError, ValueError):
    """A row that cannot be verified as it is; the message says what is wrong with it."""


class Row(Record):
    """A question with the answer that is to be checked."""

    id: str = Field(min_length=1, max_length=MAX_ID)
    """Its owner's, or `line 7` where it has none."""
    question: str = Field(min_length=1, max_length=MAX_STATEMENT)
    answer: str = Field(min_length=1, max_length=MAX_ANSWER)
    """The final answer, taken out of whatever stood around it."""
    domain: Domain = Domain.MATHEMATICS
    answer_kind: AnswerKind | None = None
    """None: as the answer is written."""
    relative_tolerance: float | None = Field(default=None, gt=0, lt=1)
    program: str = Field(default="", max_length=MAX_PROGRAM)
    """Python source that works out the answer, where there is one; for coding the reference solution."""
    generator: str = Field(default="", max_length=MAX_PROGRAM)
    """For coding: Python source with `generate(rng)`, which draws inputs."""


def read_row(line: bytes | str, number: int, domain: Domain = Domain.MATHEMATICS) -> Row:
    """The row in a line of JSON; `number` is the line's, `domain` that of rows that name none.

    Raises:
        RowError: it is too long, no JSON object, or not a row that can be verified.
    """
    if len(line) > MAX_ROW:
        raise RowError(f"longer than {MAX_ROW} bytes")
    try:
        text = line.decode("utf-8-sig") if isinstance(line, bytes) else line
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RowError(f"no JSON ({_short(error)})") from None
    if not isinstance(found, dict):
        raise RowError("no JSON object")
    return row_of(found, number, domain)


def row_of(found: Mapping[str, Any], number: int, domain: Domain = Domain.MATHEMATICS) -> Row:
    """The row in an object.

    Raises:
        RowError: it is not a row that can be verified.
    """
    info = found.get("info")
    if isinstance(info, str) and len(info) <= MAX_ROW:
        info = _object(info)
    more = {**(info if isinstance(info, dict) else {}), **found}
    if any(more.get(name) for name in _CHOICES):
        raise RowError("choices in a field of their own are not read: write them into the question")
    question = _bounded(_question(found), MAX_STATEMENT, "the question")
    program = _bounded(_text(_first(found, PROGRAMS)), MAX_PROGRAM, "the program")
    named = _domain(more.get("domain"), domain)
    answer, kind = _answer(found), _kind(more.get("answer_kind"))
    if named is Domain.CODING and not program and infer_kind(answer) is AnswerKind.PROGRAM:
        program = _bounded(answer, MAX_PROGRAM, "the program")
        answer = answer[:MAX_ANSWER]
    if named is not Domain.CODING and kind is None and _is_prose(answer):
        raise RowError(
            "no final answer can be told from the text of the answer: put it in a box, or write it alone"
        )
    unit = _text(more.get("unit")).strip()
    if unit and unit not in answer:
        answer, kind = f"{answer} {unit}", kind or AnswerKind.QUANTITY
    return Row(
        id=id_in(found, number),
        question=question,
        answer=_bounded(answer, MAX_ANSWER, "the answer"),
        domain=named,
        answer_kind=kind,
        relative_tolerance=_tolerance(more.get("tolerance", more.get("relative_tolerance"))),
        program=program,
        generator=_bounded(_text(found.get("generator")), MAX_PROGRAM, "the generator"),
    )


def id_of(line: bytes | str, number: int) -> str:
    """What to call a row, whatever is wrong with it."""
    if len(line) <= MAX_ROW:
        text = line.decode("utf-8-sig", "replace") if isinstance(line, bytes) else line
        return id_in(_object(text), number)
    return f"line {number}"


def id_in(found: Mapping[str, Any], number: int) -> str:
    """The same of an object."""
    given = (found.get(name) for name in IDS)
    named = (str(each) for each in given if isinstance(each, int | str) and not isinstance(each, bool))
    texts = (_kept(each).strip() for each in named)
    return next((each for each in texts if 0 < len(each) <= MAX_ID), f"line {number}")


def _question(found: Mapping[str, Any]) -> str:
    value = _first(found, QUESTIONS)
    if isinstance(value, list):  # a conversation: what the user says last
        said = [
            turn.get("content") for turn in value if isinstance(turn, dict) and turn.get("role") == "user"
        ]
        value = said[-1] if said else None
    text = _text(value).strip()
    if not text:
        raise RowError(f"no question: name it one of {', '.join(QUESTIONS)}")
    return text


def _answer(found: Mapping[str, Any]) -> str:
    value = _first(found, ANSWERS)
    if isinstance(value, dict):
        value = value.get("ground_truth", value.get("value"))
    if isinstance(value, list):
        if len(value) > 1:
            raise RowError("several answers in a list: write them as one, as {1, 2}")
        value = value[0] if value else None
    text = _text(value).strip()
    if not text:
        raise RowError(f"no answer: name it one of {', '.join(ANSWERS)}")
    return text if infer_kind(text) is AnswerKind.PROGRAM else extract(text) or text


def _is_prose(answer: str) -> bool:
    """Whether it is an explanation, with which no final answer can be compared."""
    kind = infer_kind(answer)
    several = kind is AnswerKind.PROGRAM_OUTPUT or len(answer) > MAX_ANSWER
    return several or (kind is AnswerKind.TEXT and len(answer.split()) > MOST_WORDS)


def _first(found: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((found[name] for name in names if found.get(name) not in (None, "", [])), None)


def _text(value: Any) -> str:
    """Text, or a number or truth value as JSON writes it."""
    if isinstance(value, str):
        return _kept(tidy(value))
    if isinstance(value, bool | int | float):
        try:
            return json.dumps(value)
        except ValueError:  # an integer of more digits than Python prints
            return ""
    return ""


def _bounded(text: str, longest: int, what: str) -> str:
    if len(text) > longest:
        raise RowError(f"{what} is longer than {longest} characters")
    return text


def _domain(value: Any, usual: Domain) -> Domain:
    name = "_".join(value.lower().split())[:40] if isinstance(value, str) else ""
    words = {Domain.SCIENCE: _SCIENCES, Domain.MATHEMATICS: _MATHEMATICS, Domain.CODING: _CODING}
    return next((domain for domain, names in words.items() if name in names), usual)


def _kind(value: Any) -> AnswerKind | None:
    if not isinstance(value, str):
        return None
    try:
        return kind_named(value[:80])
    except KeyError:
        raise RowError(f"no kind of answer is called {value[:40]!r}") from None


def _tolerance(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise RowError("tolerance is no number between 0 and 1: it is relative, 0.01 is one per cent")
    return float(value)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _kept(text: str) -> str:
    """As JSON and PostgreSQL can hold it."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120]


def lines_of(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, with their numbers from 1; one that is too long to be read is cut."""
    number = 0
    while line := stream.readline(MAX_ROW + 2):
        number += 1
        is_whole = line.endswith(b"\n") or len(line) < MAX_ROW + 2
        while not is_whole:
            rest = stream.readline(MAX_ROW)
            is_whole = not rest or rest.endswith(b"\n")
        if stripped := line.strip():
            yield number, stripped
