"""The episode of docs/guide/episode.md, made anew; `python -m tests.guide.walk` writes it into the page.

For whoever changes a prompt, a tool or the library: the page shows what really happens, and a test holds that.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from propound.curriculum import draw_spec
from propound.domain import Domain
from propound.job import JobRequest
from propound.policy.teacher import Teacher
from propound.proposing.procedural import ProceduralEnvironment
from propound.proposing.rollout import rollout
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.trajectory import Trajectory
from propound.verification.verdict import Verdict
from propound.verification.verify import Verification

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "episode.md"
REQUEST = JobRequest(count=1, seed=1, domains=(Domain.SCIENCE,), minimum_skills=2, maximum_skills=2)
SPEC = 9
WIDTH = 100
BLOCK = re.compile(r"^```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def walked() -> tuple[Trajectory, Verdict]:
    """The scripted teacher's episode on that spec, and the verdict."""
    library, sandbox = default_library(), open_sandbox()
    spec = draw_spec(REQUEST, library, SPEC)
    trajectory = rollout(Teacher(library), ProceduralEnvironment(spec, library, sandbox, 24), 0)
    return trajectory, Verification(library, sandbox).verify(trajectory)


def blocks() -> list[str]:
    """What the page shows, in order: every message, then the votes."""
    trajectory, verdict = walked()
    votes = "\n".join(f"{vote.verifier}: {vote.answer} - {vote.rationale}" for vote in verdict.votes)
    assert verdict.problem is not None
    last = f"{verdict.problem.statement}\n\n{verdict.problem.answer}"
    shown = [str(message["content"]) for message in trajectory.messages()] + [votes, last]
    return [wrapped(each) for each in shown]


def wrapped(text: str) -> str:
    """The text with its long lines broken at blanks, as the page shows it."""
    lines = [
        textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
        for line in text.splitlines()
    ]
    return "\n".join(part for parts in lines for part in parts)


def main() -> None:
    """Put the blocks into the page, which must have as many."""
    made = iter(blocks())
    page = BLOCK.sub(lambda _: f"```text\n{next(made)}\n```", PAGE.read_text(encoding="utf-8"))
    if next(made, None) is not None:
        raise SystemExit("the episode has more blocks than the page")
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
