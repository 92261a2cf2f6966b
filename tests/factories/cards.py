"""Cards, and the packages that they are read from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from propound.card import Card
from propound.domain import Domain
from propound.record import digest

BODY = """\
# Equal shares

## Recognition
Use it where a whole is dealt out.

## Workflow
1. Choose the number of shares before the whole.

## Effect
The remainder has to be thought of.

## Check
```python
def solve(whole, shares):
    return whole % shares
```

## Typical mistakes
- Nothing says what happens with the remainder.
"""
METADATA = {
    "domain": "mathematics",
    "category": "number-theory",
    "intent": "deal out a whole",
    "method": "choose the shares, then the whole",
    "difficulty": "the remainder has to be thought of",
    "tool": "compute the remainder",
}


def card(name: str = "equal-shares", **changes: Any) -> Card:
    """A card; its hash follows from its name."""
    fields = {"domain": Domain.MATHEMATICS, "category": "number-theory", "description": "Deals out a whole."}
    return Card.model_validate({"name": name, "content_hash": digest(name), **fields, **changes})


def skill_text(
    name: str = "equal-shares", *, body: str = BODY, front: str = "", **metadata: str | None
) -> str:
    """A SKILL.md; None leaves a key of the metadata out, `front` is more lines of front matter."""
    kept = {key: value for key, value in (METADATA | metadata).items() if value is not None}
    lines = [f"name: {name}", "description: Deals out a whole. Use it for remainders."]
    lines += [line for line in front.split("\n") if line]
    lines += ["metadata:", *(f"  {key}: {value}" for key, value in kept.items())] if kept else []
    return "\n".join(["---", *lines, "---", "", body])


def write_package(within: Path, name: str = "equal-shares", text: str | None = None, **scripts: str) -> Path:
    """A package's folder, with programs by name."""
    folder = within / name
    folder.mkdir()
    (folder / "SKILL.md").write_text(skill_text(name) if text is None else text, encoding="utf-8")
    for module, source in scripts.items():
        (folder / "scripts").mkdir(exist_ok=True)
        (folder / "scripts" / f"{module}.py").write_text(source, encoding="utf-8")
    return folder
