"""A candidate: a skill package as one text, with the worked example of the corpus that it must recompute.

The text is what a teacher says and what a proposer learns to say:

    === SKILL.md ===
    ...
    === scripts/skill.py ===
    ...
    === assets/wording.toml ===
    ...
    === example.json ===
    {"parameters": {"n": 20}, "answer": "400"}
    === END ===
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from propound.errors import PropoundError, SkillError
from propound.skills import SkillPackage, load_package
from propound.skills.package import MAX_FILE

FILES = ("SKILL.md", "scripts/skill.py", "assets/wording.toml")
EXAMPLE = "example.json"
MAX_TEXT = 40_000
"""Longest candidate, in characters."""
MAX_ANSWER = 200
"""Longest answer of an example, in characters."""

_MARK = re.compile(
    r"^=== (" + "|".join(re.escape(name) for name in (*FILES, EXAMPLE, "END")) + r") ===[ \t]*$", re.MULTILINE
)
_FENCE = re.compile(r"```[\w.-]*\n(.*?)\n?```", re.DOTALL)
_NAME = re.compile(r"^name: *([a-z0-9]+(?:-[a-z0-9]+)*) *$", re.MULTILINE)


class CandidateError(PropoundError):
    """A teacher's text is no candidate."""


@dataclass(frozen=True)
class Candidate:
    """A package that is not yet on disk. Everything in it is untrusted."""

    name: str
    files: tuple[str, str, str]
    """The contents of `FILES`."""
    parameters: dict[str, Any]
    """The worked example's values, as a composition holds them."""
    answer: str
    """The worked example's answer, as the corpus writes it."""

    def text(self) -> str:
        """The candidate as one text; `read_candidate` is its inverse."""
        example = json.dumps({"parameters": self.parameters, "answer": self.answer}, ensure_ascii=False)
        parts = (*zip(FILES, self.files, strict=True), (EXAMPLE, f"{example}\n"))
        return "".join(f"=== {name} ===\n{content}" for name, content in parts) + "=== END ===\n"

    def write(self, folder: Path) -> Path:
        """Write the package's folder below `folder`; its path."""
        made = folder / self.name
        for name, content in zip(FILES, self.files, strict=True):
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return made


def read_candidate(text: str) -> Candidate:
    """The candidate that a teacher wrote; what stands before the first mark is no part of it.

    Raises:
        CandidateError: a part is missing, stands twice or is not what it should be.
    """
    if len(text) > MAX_TEXT:
        raise CandidateError(f"longer than {MAX_TEXT} characters")
    marks = list(_MARK.finditer(text))
    named = [mark[1] for mark in marks]
    if named != [*FILES, EXAMPLE, "END"]:
        raise CandidateError(
            f"expected the parts {', '.join((*FILES, EXAMPLE, 'END'))} once and in this order"
        )
    ends = [mark.start() for mark in marks[1:]]
    *files, example = (_content(text[mark.end() : end]) for mark, end in zip(marks, ends, strict=False))
    skill, script, wording = files
    found = _NAME.search(skill)
    if found is None or len(found[1]) > 64:
        raise CandidateError("SKILL.md has no name in lower-case letters, digits and single hyphens")
    parameters, answer = _example(example)
    _check_front_matter(skill)
    return Candidate(found[1], (skill, script, wording), parameters, answer)


def _content(part: str) -> str:
    """The part without the code fence that chat models like to put around files."""
    stripped = part.strip()
    fenced = _FENCE.fullmatch(stripped)
    content = (fenced[1] if fenced else stripped) + "\n"
    if len(content.encode("utf-8", "replace")) > MAX_FILE or "\x00" in content:
        raise CandidateError("a part is too long or no text")
    if any("\ud800" <= sign <= "\udfff" for sign in content):
        raise CandidateError("a part holds half a character")
    return content


def _example(text: str) -> tuple[dict[str, Any], str]:
    try:
        example = json.loads(text)
    except (ValueError, RecursionError):
        raise CandidateError(f"{EXAMPLE} is no JSON") from None
    if not isinstance(example, dict) or example.keys() != {"parameters", "answer"}:
        raise CandidateError(f"{EXAMPLE} is no object with parameters and answer")
    parameters, answer = example["parameters"], example["answer"]
    if not isinstance(parameters, dict) or not parameters:
        raise CandidateError("the example has no parameters")
    if not isinstance(answer, str) or not 0 < len(answer.strip()) <= MAX_ANSWER:
        raise CandidateError(f"the example's answer is no text of 1 to {MAX_ANSWER} characters")
    return parameters, answer.strip()


def _check_front_matter(skill: str) -> None:
    """A few lines of aliases can stand for more text than there is memory."""
    front = skill.partition("\n---\n")[0]
    try:
        tokens = list(yaml.scan(front))
    except (yaml.YAMLError, RecursionError):
        raise CandidateError("the front matter is no YAML") from None
    if any(isinstance(token, yaml.AliasToken | yaml.AnchorToken) for token in tokens):
        raise CandidateError("the front matter has anchors")


def load_candidate(folder: Path) -> SkillPackage:
    """`load_package` for a package that nobody vouches for.

    Raises:
        SkillError: what is missing or wrong.
    """
    try:
        return load_package(folder)
    except (RecursionError, MemoryError, OverflowError):
        raise SkillError(f"skill package {folder.name}: nested too deep") from None
