"""Text as a sequence of plain words, so that two texts can be compared whatever their spelling and layout."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")


def words(text: str) -> list[str]:
    """The words and numbers of a text, in order: case, punctuation, LaTeX signs and white space are gone.

    Numbers stay: problems that share their wording and differ in their numbers are different problems.
    """
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def runs(found: list[str], length: int) -> set[str]:
    """The runs of `length` words, joined by blanks; a shorter text is one run. No words, no run."""
    if not found:
        return set()
    return {" ".join(found[start : start + length]) for start in range(max(1, len(found) - length + 1))}
