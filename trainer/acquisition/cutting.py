"""Texts of a corpus cut into pieces of bounded size: worked problems one by one, raw text from heading to heading.

Pieces are material for a prompt: characters that cannot be seen are left out, and tokens that chat templates are made
of are broken up, so that no piece can end its message.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from propound.words import words

MAX_PIECES = 20_000
"""Most pieces of one file; what follows is refused."""
LEAST_WORDS = 25
"""A passage of fewer words is joined with the next one; alone it holds no skill."""

_FIELDS = (
    ("Title", ("title",)),
    ("Topic", ("category", "topic", "type", "subject")),
    ("Problem", ("question", "problem", "statement", "prompt", "query", "input", "instruction")),
    ("Choices", ("choices", "options")),
    ("Solution", ("solution", "rationale", "explanation", "worked_solution", "reasoning", "proof")),
    ("Answer", ("answer", "final_answer", "expected_answer", "target", "output", "response")),
)
"""What a row of questions and answers becomes: labels, and the fields that each is looked for in, in this order."""
_TEXTS = ("text", "content", "body", "passage")
_QUESTION = r"(?:Problem|Example|Exercise|Question|Task|Aufgabe|Beispiel|Ejercicio|Exercice)"
_BEGINNING = re.compile(rf"^(?:#{{1,6}} |[*_]{{0,2}}{_QUESTION}\b[^.:\n]{{0,20}}[.:])", re.IGNORECASE)
_ASKED = re.compile(rf"^[#\s*_]*{_QUESTION}\b", re.MULTILINE | re.IGNORECASE)
_SOLVED = re.compile(r"^[#\s*_]*(?:Solution|Answer|Proof|L[öo]sung|Antwort)\b", re.MULTILINE | re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that no text holds."""
SPECIAL = re.compile(
    r"<\|(?=[\w/-]{1,40}\|?>)|</?(?=s>|bos>|eos>|pad>|(?:start|end)_of_turn>|tool_call>|think>)|<(?=\uff5c)|\[(?=/?INST\])"
)
"""The first signs of tokens by which chat templates tell turns apart."""

_TEX_COMMENT = re.compile(r"(?<!\\)%.*")
_TEX_HEADING = re.compile(
    r"^\s*\\(?:part|chapter|(?:sub){0,2}section)\*?\s*(?:\[[^\]]{0,200}\])?\{(.*)\}\s*$"
)
_TEX_PROBLEM = re.compile(
    r"^\s*\\begin\{(?:problem|exercise|example|question)s?\*?\}\s*(?:\[([^\]]{0,200})\])?(.*)$"
)
_TEX_SOLUTION = re.compile(r"^\s*\\begin\{(?:solution|answer|proof)s?\*?\}\s*(?:\[[^\]]{0,200}\])?(.*)$")
_TEX_END = re.compile(r"^\s*\\end\{(?:problem|exercise|example|question|solution|answer|proof)s?\*?\}\s*$")


class Kind(StrEnum):
    """What a piece is, and so which prompt it comes in."""

    QUESTIONS = "questions"
    """A worked problem."""
    TEXT = "text"
    """Raw text."""


@dataclass(frozen=True)
class Piece:
    """One piece of a corpus."""

    source: str
    """Path of the file below the corpus's folder, and the number of the piece: `sums.md#3`."""
    text: str
    kind: Kind = Kind.TEXT

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class Refusal:
    """Something that was not taken."""

    source: str
    reason: str


class CutError(ValueError):
    """What is no piece, and why."""


def pieces_of(source: str, text: str, longest: int) -> Iterator[Piece | Refusal]:
    """The pieces of a file by its name's ending, none of more than `longest` bytes of UTF-8."""
    if source.endswith(".jsonl"):
        found = _rows(text, longest)
    else:
        found = _passages(_plain_tex(text) if source.endswith(".tex") else text, longest)
    for number, piece in enumerate(found, 1):
        where = f"{source}#{number}"
        if number > MAX_PIECES:
            yield Refusal(where, f"more than {MAX_PIECES} pieces in one file")
            return
        if isinstance(piece, CutError):
            yield Refusal(where, str(piece))
        else:
            yield Piece(where, *piece)


Cut = tuple[str, Kind] | CutError


def material(text: str) -> str:
    """The text as it may stand in a prompt.

    Raises:
        CutError: it is none.
    """
    if CONTROL.search(text) or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise CutError("no text: it holds control characters")
    if not text.isascii():
        text = "".join(
            sign for sign in text if unicodedata.category(sign) not in ("Cf", "Co") or sign in "\u200c\u200d"
        )
    return SPECIAL.sub(lambda found: f"{found[0]} ", text).strip()


def _rows(text: str, longest: int) -> Iterator[Cut]:
    """A line of JSON as a piece: a worked problem, or a text."""
    for line in filter(None, map(str.strip, text.split("\n"))):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield CutError("no JSON")
            continue
        try:
            yield _row(row, longest)
        except CutError as error:
            yield error


def _row(row: Any, longest: int) -> tuple[str, Kind]:
    if not isinstance(row, dict):
        raise CutError("no JSON object")
    said = {label: _first(row, names) for label, names in _FIELDS}
    if said["Problem"]:
        kind, text = Kind.QUESTIONS, "\n".join(f"{label}. {each}" for label, each in said.items() if each)
    else:
        kind, text = Kind.TEXT, _first(row, _TEXTS)
    text = material(text)
    if not text:
        raise CutError("neither a question nor a text")
    if len(text.encode()) > longest:
        raise CutError(f"longer than the {longest} bytes that fit into a request")
    return text, kind


def _first(row: dict[str, Any], names: tuple[str, ...]) -> str:
    """The first of the fields that says something, as text."""
    for name in names:
        value = row.get(name)
        if isinstance(value, list):
            value = (
                "; ".join(map(str, value))
                if all(isinstance(each, str | int | float) for each in value)
                else ""
            )
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""


def _passages(text: str, longest: int) -> Iterator[Cut]:
    """Worked problems alone; other sections joined until they are long enough to say something."""
    waiting = ""
    for section in _sections(text):
        is_worked = _ASKED.search(section) is not None and _SOLVED.search(section) is not None
        if is_worked:
            yield from _closed(waiting, longest)
            waiting = ""
            yield from _cut(section, longest, Kind.QUESTIONS)
            continue
        waiting = f"{waiting}\n\n{section}" if waiting else section
        if len(words(waiting)) >= LEAST_WORDS:
            yield from _closed(waiting, longest)
            waiting = ""
    yield from _closed(waiting, longest)


def _closed(passage: str, longest: int) -> Iterator[Cut]:
    if passage and len(words(passage)) < LEAST_WORDS:
        yield CutError(f"fewer than {LEAST_WORDS} words")
    elif passage:
        yield from _cut(passage, longest, Kind.TEXT)


def _sections(text: str) -> Iterator[str]:
    """The text from heading to heading, and from worked problem to worked problem."""
    section: list[str] = []
    has_problem = fenced = False
    for line in text.split("\n"):
        begins = not fenced and _BEGINNING.match(line) is not None
        if line.startswith("```"):
            fenced = not fenced
        is_heading = begins and line.startswith("#")
        if begins and section and (is_heading or has_problem):
            yield "\n".join(section).strip()
            section, has_problem = [], False
        has_problem |= begins and (not is_heading or _ASKED.match(line) is not None)
        section.append(line)
    yield "\n".join(section).strip()


def _cut(section: str, longest: int, kind: Kind) -> Iterator[Cut]:
    """The section in pieces of at most so many bytes, cut between paragraphs where there are any."""
    piece = ""
    for paragraph in re.split(r"\n{2,}", section):
        for part in _bounded(paragraph, longest):
            if piece and len(f"{piece}\n\n{part}".encode()) > longest:
                yield from _made(piece, kind)
                piece = ""
            piece = f"{piece}\n\n{part}" if piece else part
    yield from _made(piece, kind)


def _bounded(paragraph: str, longest: int) -> Iterator[str]:
    """The paragraph in parts of at most so many bytes, cut at blanks where there are any."""
    rest = paragraph
    while len(rest.encode()) > longest:
        fits = rest.encode()[:longest].decode(errors="ignore")
        blank = max(fits.rfind(" "), fits.rfind("\n"))
        cut = blank if blank > len(fits) // 2 else len(fits)
        yield rest[:cut]
        rest = rest[cut:].lstrip()
    yield rest


def _made(piece: str, kind: Kind) -> Iterator[Cut]:
    try:
        text = material(piece)
    except CutError as error:
        yield error
        return
    if text:
        yield text, kind


def _plain_tex(text: str) -> str:
    """TeX with the headings and labels that the others have; its preamble and comments say nothing."""
    body = text.partition("\\begin{document}")[2].partition("\\end{document}")[0] or text
    lines: list[str] = []
    for line in body.split("\n"):
        plain = _TEX_COMMENT.sub("", line)
        if (heading := _TEX_HEADING.match(plain)) is not None:
            lines += [f"## {heading[1]}"]
        elif (problem := _TEX_PROBLEM.match(plain)) is not None:
            lines += [f"Problem. {problem[1] or ''} {problem[2]}".replace("  ", " ")]
        elif (solution := _TEX_SOLUTION.match(plain)) is not None:
            lines += [f"Solution. {solution[1]}"]
        elif _TEX_END.match(plain) is None and (plain.strip() or not line.strip()):
            lines.append(plain)
    return "\n".join(lines)
