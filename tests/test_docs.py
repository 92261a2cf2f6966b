"""The documentation is whole: links lead somewhere, and prose is wrapped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
WIDTH = 100
_WORD = re.compile(r"(?:`[^`]*`|\[[^\]]*\]\([^)]*\)|\S)+")
"""What no line is broken in: code and links are words."""
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """The numbered lines of a page that are neither code, table, heading nor picture."""
    fenced = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith(("    ", "|", "#", "!")):
            yield number, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_prose_is_wrapped(page: Path) -> None:
    """A single word, link or piece of code may be longer than a line."""
    long = [
        f"{number}: {line}"
        for number, line in prose(page)
        if len(line) > WIDTH and len(_WORD.findall(line)) > 1
    ]
    assert long == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = [target for _, line in prose(page) for target in _LINK.findall(line)]
    lost = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert lost == []
