"""The scripted teacher: reflects, reads, drafts, executes, repairs, prunes, submits.

It knows nothing that the conversation does not tell, but the frames of statements: numbers and wordings come from its
own draws, failures from its own checks. Its temper decides how carefully it reads and checks, so overlooked conflicts,
slips of the pen and unchecked drafts happen, are met by the tools or the verifiers, and are repaired or rejected
for real.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Generator, Iterator, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from propound.draft import Drawn, read_draw
from propound.models.purpose import NOBODY, Origin
from propound.policy.protocol import Turn
from propound.problem import ProblemSpec
from propound.record import digest
from propound.skills import Library
from propound.skills.toolkit import statement, wording
from propound.skills.toolkit.streams import STDIN
from propound.trajectory import ActionKind
from propound.transcript import write_call

MAX_DRAWS = 7
"""Draws before the teacher gives up."""
SLIPS = 0.08
"""Share of drafts with a slip of the pen: a word or a quote that is not what was meant."""
TRIES = 3
"""Times that a drawn problem is written: after each slip but the last once more."""
PATIENCE = 2
"""Failed draws in a row before it blames the skills instead of the numbers."""
_ANSWER = "<answer>"
_NUMBERED = re.compile(r"<([a-z]+) (\d+)> ?")


class Temper(StrEnum):
    """How carefully the teacher works in an episode."""

    CAREFUL = "careful"
    """Reads every skill, and sees declared conflicts before drawing."""
    BRISK = "brisk"
    """Reads some skills; learns of conflicts from the tools."""
    CONFIDENT = "confident"
    """Reads nothing, and submits single-skill drafts unchecked."""


_READS = {Temper.CAREFUL: 1.0, Temper.BRISK: 0.15, Temper.CONFIDENT: 0.0}
"""Share of the active skills whose text it reads."""
_REFLECTS = 0.25
"""Share of the episodes that begin with a thought."""
_SHARES = {Temper.CAREFUL: 2, Temper.BRISK: 7, Temper.CONFIDENT: 1}


class Teacher:
    """The scripted policy."""

    name = "scripted-teacher"

    def __init__(self, library: Library, slips: float = SLIPS) -> None:
        """`slips`: share of the drafts with a slip of the pen."""
        self.library, self.slips = library, slips
        self.version = digest([library.version, _phrases_text(), slips])[:12]

    def begin(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> _Script:  # noqa: ARG002
        """A writer whose every choice follows from (spec.seed, member)."""
        return _Script(self.library, spec, random.Random(f"teacher:{spec.seed}:{member}"), self.slips)


def _phrases_text() -> str:
    return files(__package__).joinpath("phrases.toml").read_text(encoding="utf-8")


_SLOTS = frozenset(
    {
        "skill",
        "skills",
        "intent",
        "difficulty",
        "Difficulty",
        "count",
        "first",
        "second",
        "added",
        "dropped",
    }
)


@cache
def _phrases() -> dict[str, wording.Node]:
    return {
        name: wording.Choice(tuple(wording.parse(text, _SLOTS) for text in texts))
        for name, texts in tomllib.loads(_phrases_text()).items()
    }


class _Script:
    """One episode of the teacher: a generator that is sent observations and yields turns."""

    def __init__(self, library: Library, spec: ProblemSpec, rng: random.Random, slips: float) -> None:
        self.library = library
        self.slips = slips
        self.spec = spec
        self.rng = rng
        self.active = list(spec.skills)
        self.temper = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
        self.remark = ""
        """On what just failed; goes before the next thought."""
        self.turns = self._play()
        self.started = False

    def write(self, messages: Sequence[dict[str, Any]]) -> Turn:
        """The next turn; an empty one when the teacher gives up."""
        try:
            if not self.started:
                self.started = True
                return Turn(next(self.turns))
            return Turn(self.turns.send(str(messages[-1]["content"])))
        except StopIteration:
            return Turn("")

    def _say(self, phrase: str, **slots: str) -> str:
        values = {**slots, **{name.capitalize(): text[:1].upper() + text[1:] for name, text in slots.items()}}
        text = wording.render(_phrases()[phrase], self.rng, lambda _, slot: values[slot.name])
        return " ".join(text.split())

    def _call(self, kind: ActionKind, thought: str, **arguments: Any) -> str:
        thought, self.remark = f"{self.remark} {thought}".strip(), ""
        return write_call(kind, arguments, thought)

    def _play(self) -> Generator[str, str, None]:
        if self.rng.random() < _REFLECTS:
            yield self._reflect()
        for name in self.active:
            if self.rng.random() < _READS[self.temper]:
                yield self._call(ActionKind.READ, self._say("read", skill=name), name=name)
        if self.temper is Temper.CAREFUL:
            yield from self._resolve_conflict("conflict_seen")
        failures = 0
        for attempt in range(MAX_DRAWS):
            if failures > PATIENCE and (yield from self._prune("prune_stuck", count=str(attempt))):
                failures = 0
            drawn = yield from self._draw()
            if drawn is None:
                failures += 1
                continue
            if (yield from self._finish(drawn)):
                return
            failures += 1

    def _reflect(self) -> str:
        last = self.library[self.rng.choice(self.active)]
        return self._say(
            "alone" if len(self.active) == 1 else "chain",
            skill=last.name,
            skills=_enumerate(self.active),
            count=str(len(self.active)),
            intent=last.intent.rstrip("."),
            difficulty=last.difficulty.rstrip("."),
        )

    def _resolve_conflict(self, phrase: str) -> Generator[str, str, None]:
        """Prune until no active pair excludes each other, or no edit is possible."""
        for _ in range(3):
            pair = self.library.conflict(self.active)
            edit = self._edit_for(pair) if pair else None
            if pair is None or edit is None:
                return
            thought = self._say(phrase, first=pair[0], second=pair[1])
            yield from self._edit(thought, *edit)

    def _edit_for(self, pair: Sequence[str]) -> tuple[str, str | None] | None:
        """(dropped, added or None): a swap that leaves a chain without conflict, or a plain drop."""
        alternates = [name for name in (*self.spec.alternates, *self.spec.skills) if name not in self.active]
        swaps: list[tuple[str, str | None]] = []
        drops: list[tuple[str, str | None]] = []
        for dropped in pair:
            kept = [name for name in self.active if name != dropped]
            swaps += [(dropped, added) for added in alternates if self._works([*kept, added])]
            if len(kept) >= self.spec.minimum_skills and self._works(kept):
                drops.append((dropped, None))
        if swaps and (not drops or self.rng.random() < 0.7):
            return self.rng.choice(swaps)
        if drops:
            return self.rng.choice(drops)
        return self.rng.choice(swaps) if swaps else None

    def _works(self, names: list[str]) -> bool:
        return self.library.conflict(names) is None and bool(self.library.chains(names))

    def _edit(self, thought: str, dropped: str, added: str | None) -> Generator[str, str, None]:
        say = (
            self._say("swapped", dropped=dropped, added=added)
            if added
            else self._say("dropped", dropped=dropped)
        )
        arguments: dict[str, Any] = {"drop": [dropped]} | ({"add": [added]} if added else {})
        yield self._call(ActionKind.EDIT, f"{thought} {say}", **arguments)
        self.active = sorted([name for name in self.active if name != dropped] + ([added] if added else []))

    def _prune(self, phrase: str, **slots: str) -> Generator[str, str, bool]:
        """Change a skill that no draw can use; False when nothing can be changed."""
        edit = self._edit_for(self.active)
        if edit is None:
            return False
        yield from self._edit(self._say(phrase, **slots), *edit)
        return True

    def _draw(self) -> Generator[str, str, Drawn | None]:
        observation = yield self._call(ActionKind.DRAW, self._say("draw"))
        reason = _failure(observation)
        if reason is None:
            return read_draw(observation)
        if "cannot be combined" in reason:
            yield from self._resolve_conflict("conflict_met")
        elif "no order" in reason:
            yield from self._prune("no_order")
        else:
            self.remark = self._say("draw_failed")
        return None

    def _finish(self, drawn: Drawn) -> Generator[str, str, bool]:
        """Write the statement, check it unless confident, submit; False when the draw is no good."""
        if self.temper is Temper.CONFIDENT and len(drawn.composition) == 1:
            thought = self._say("confident")
            yield self._call(ActionKind.SUBMIT, thought, statement=self._write(drawn), answer=_ANSWER)
            return True
        for left in reversed(range(TRIES)):
            slip = left > 0 and self.rng.random() < self.slips
            text = self._write(drawn)
            thought = self._say("check")
            observation = yield self._call(
                ActionKind.CHECK,
                thought,
                statement=_slipped(text, self.rng) if slip else text,
                answer=_ANSWER,
            )
            reason = _failure(observation)
            if reason is None:
                yield self._call(ActionKind.SUBMIT, self._say("submit"))
                return True
            if not slip:
                break
            self.remark = self._say("slipped")
        self.remark = self._say("check_failed")
        return False

    def _write(self, drawn: Drawn) -> str:
        """A statement that quotes the draw."""
        frames = statement.Frames.from_catalogue(self.library.frames[self.spec.domain])
        if drawn.facts.get("mode") == STDIN and frames.stdin:
            frames = frames.stdin
        first = self.library.skills([drawn.composition[0]["skill"]])[0]
        names = iter(f"`{name}`" if frames.code else f"${name}$" for name in self.rng.choice(frames.names))
        kind = first.parameters[next(iter(first.ports))].name if frames.code else "default"
        parts = [self._frame(frames.opening[kind], names)]
        for number in range(1, len(drawn.composition) + 1):
            parts.append(f"<setup {number}>")
            frame = frames.question if number == len(drawn.composition) else frames.define
            parts.append(self._frame(frame, names, f"<quantity {number}>"))
        return " ".join(filter(None, [*parts, "<closing>"]))

    def _frame(self, templates: Sequence[str], names: Iterator[str], quantity: str = "") -> str:
        """A sentence around the skills' wordings, with the next name where it gives one."""
        node = wording.parse(self.rng.choice(templates), {"name", "quantity"})
        return wording.render(
            node, self.rng, lambda _, slot: next(names) if slot.name == "name" else quantity
        )


def _slipped(text: str, rng: random.Random) -> str:
    """The text with one quote or word left out, or a quote of another number."""
    quotes = list(_NUMBERED.finditer(text))
    kind = rng.random()
    if kind < 0.6:
        left_out = rng.choice(quotes)
        return text[: left_out.start()] + text[left_out.end() :].lstrip()
    if kind < 0.85:
        wrong = rng.choice(quotes)
        number = int(wrong.group(2)) + rng.choice((-1, 1))
        return f"{text[: wrong.start()]}<{wrong.group(1)} {number}> {text[wrong.end() :]}"
    words = text.split()
    del words[rng.randrange(len(words))]
    return " ".join(words)


def _enumerate(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _failure(observation: str) -> str | None:
    """Why a program failed, from the observation, or None when it ended well."""
    match = re.search(r"^(?:failed: (?:\w+: )?|killed: |refused: )(.+)$", observation, re.MULTILINE)
    return match.group(1).strip().rstrip(".") if match else None
