"""The frames of each domain: the sentences that go around the skills' own wordings."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from propound.domain import Domain

FOLDER = Path(__file__).parent / "frames"


@cache
def load_frames(domain: Domain) -> dict[str, Any]:
    """The parsed file of a domain; one for all, so nobody changes it."""
    return tomllib.loads((FOLDER / f"{domain}.toml").read_text(encoding="utf-8"))


def can_close(frames: dict[str, Any], gives: str) -> bool:
    """Whether they can say in what form a result of this kind is wanted, or show one, in every mode.

    Without it a draw has no closing, and a reader does not know what to answer with.
    """
    modes = [frames["closing"], frames.get("stdin", {}).get("closing", frames["closing"])]
    return all(any(map(str.strip, [*mode.get(gives, []), *mode.get("example", [])])) for mode in modes)
