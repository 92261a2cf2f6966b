"""docs/guide/episode.md shows an episode as it really goes."""

from __future__ import annotations

from tests.guide.walk import BLOCK, PAGE, blocks


def test_the_walked_episode_is_what_happens() -> None:
    shown = [block.rstrip("\n") for block in BLOCK.findall(PAGE.read_text(encoding="utf-8"))]
    assert shown == [block.rstrip("\n") for block in blocks()], "python -m tests.guide.walk writes it anew"
