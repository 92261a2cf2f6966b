"""Demonstrations for agentic SFT (method section 4): the scripted teacher's trajectories that the verifier accepts.

Part of them use *invented* skills: packages of the library under another name, with words of their texts exchanged
for others. Nothing about an invented skill can be known by heart, so a proposer that is trained on them has to learn
to read what its prompt and its tools say.

    python -m trainer.demonstrations OUT.jsonl --count 20000 --seed 1 --processes 2
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from propound.curriculum import draw_spec
from propound.episodes import EpisodeRunner
from propound.job import JobRequest
from propound.models.purpose import NOBODY, Origin
from propound.policy import Policy
from propound.policy.protocol import Turn, Writer
from propound.policy.teacher import Teacher
from propound.problem import ProblemSpec
from propound.sandbox import Sandbox, open_sandbox
from propound.skills import Library, SkillPackage, default_library
from propound.skills.library import compile_toolkit
from propound.trajectory import Action, ActionKind, Trajectory
from propound.transcript import parse_turn

HELD_OUT = ("committee-selection", "factorial-zeros", "joule-heat", "kinetic-energy", "word-scores")
"""Skills that no demonstration uses: what a proposer does with them it has learnt from reading."""
INVENTED = 0.25
"""Share of the demonstrations with invented skills."""
LEVELS = (1, 2, 2, 3)
MAX_STEPS = 24
SLIPS = 0.2
"""Share of drafts with a slip: more than the teacher has by itself, so that how to repair one is seen often."""
BROKEN_OFF = 0.03
"""Share of the turns that break off, and are written again: what a proposer then has before its eyes."""
MISNAMED = 0.15
"""Share of the turns that name a skill which name another one first: how to read a refusal is worth learning."""
_WORD = re.compile(r"\$[^$]*\$|`[^`]*`|\{[^{}]*\}|[A-Za-z-]{4,}")


def demonstrations(seed: int, count: int, start: int = 0, step: int = 1) -> Iterator[Trajectory]:
    """Accepted trajectories of specs start, start + step, ...; deterministic in the seed."""
    library, sandbox = default_library(), open_sandbox()
    skills = tuple(name for name in library.names() if name not in HELD_OUT)
    index = start
    while count > 0:
        rng = random.Random(f"demonstration:{seed}:{index}")
        request = JobRequest(count=1, seed=seed, skills=skills, level=rng.choice(LEVELS))
        spec = draw_spec(request, library, index)
        trajectory = demonstrate(spec, library, sandbox, rng)
        index += step
        if trajectory is not None:
            count -= 1
            yield trajectory


def demonstrate(
    spec: ProblemSpec, library: Library, sandbox: Sandbox, rng: random.Random
) -> Trajectory | None:
    """One episode of the teacher, or None where the verifier does not accept it."""
    if rng.random() < INVENTED:
        spec, library = invent(spec, library, rng)
    policy = Careless(Teacher(library, SLIPS), rng)
    episode = EpisodeRunner(library, sandbox, policy, MAX_STEPS).run(spec)
    return episode.trajectory if episode.verdict.accepted else None


class Careless:
    """A policy that writes as another one does, but for turns that fail; after one or more of them comes what it meant.

    Turns break off, or name a skill that cannot be meant.
    """

    def __init__(self, policy: Policy, rng: random.Random) -> None:
        self.policy, self.rng = policy, rng
        self.name, self.version = policy.name, policy.version

    def begin(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> Writer:
        """As `Policy`."""
        self.offered = [*spec.skills, *spec.alternates]
        self.active = list(spec.skills)
        self.writer = self.policy.begin(spec, member, origin)
        self.meant: Turn | None = None
        return self

    def write(self, messages: Sequence[dict[str, Any]]) -> Turn:
        """As `Writer`."""
        turn = self.meant = self.meant or self.writer.write(messages)
        if "<tool_call>" in turn.text and self.rng.random() < BROKEN_OFF:
            end = turn.text.rindex("</tool_call>")
            return Turn(turn.text[: self.rng.randrange(turn.text.index("<tool_call>") + 11, end)])
        action = parse_turn(turn.text)
        names = self._misnamed(action)
        if names and self.rng.random() < MISNAMED:
            return Turn(turn.text.replace(*names))
        self.meant = None
        if action.kind is ActionKind.EDIT:
            dropped, added = action.arguments.get("drop", []), action.arguments.get("add", [])
            self.active = [*(name for name in self.active if name not in dropped), *added]
        return turn

    def _misnamed(self, action: Action) -> tuple[str, str] | None:
        """A skill that the action names, and another name for which it is refused; None: it names no skill."""
        dropped, added = action.arguments.get("drop", []), action.arguments.get("add", [])
        if action.kind is ActionKind.READ:
            name, others = action.arguments["name"], []
        elif action.kind is ActionKind.EDIT:
            name = self.rng.choice([*dropped, *added])
            others = [
                other
                for other in self.offered
                if (other not in self.active if name in dropped else other in self.active)
                and other not in (*dropped, *added)
            ]
        else:
            return None
        words = [*name.split("-"), *self.rng.choice(self.offered).split("-")]
        mixed = "-".join(self.rng.sample(words, 2))
        return name, self.rng.choice([*others, *([] if mixed in self.offered else [mixed])] or ["none"])


def invent(spec: ProblemSpec, library: Library, rng: random.Random) -> tuple[ProblemSpec, Library]:
    """The spec with some of its skills replaced by invented ones, and their library."""
    offered = (*spec.skills, *spec.alternates)
    chosen = [name for name in offered if rng.random() < 0.7] or [rng.choice(offered)]
    names = {name: name for name in offered}
    for name in chosen:
        names[name] = _new_name(rng, {*library.names(), *names.values()})
    packages = [
        disguised(library[name], names, rng) if name in chosen else _renamed_conflicts(library[name], names)
        for name in offered
    ]
    changed = spec.model_copy(
        update={
            "skills": tuple(sorted(names[name] for name in spec.skills)),
            "alternates": tuple(sorted(names[name] for name in spec.alternates)),
        }
    )
    return changed, Library(packages)


def disguised(package: SkillPackage, names: Mapping[str, str], rng: random.Random) -> SkillPackage:
    """The package under a new name; a share of the words of its texts is exchanged, the same word always alike."""
    share = rng.uniform(0.15, 0.7)
    exchanged: dict[str, str] = {}

    def exchange(match: re.Match[str]) -> str:
        word = match.group(0)
        if word[0] in "$`{":
            return word
        if word.lower() not in exchanged:
            exchanged[word.lower()] = rng.choice(library_words()) if rng.random() < share else word.lower()
        new = exchanged[word.lower()]
        return new.capitalize() if word[0].isupper() else new

    def text(given: str) -> str:
        return _WORD.sub(exchange, given)

    forms = [{part: [text(each) for each in texts] for part, texts in form.items()} for form in package.forms]
    return _renamed_conflicts(package, names).model_copy(
        update={
            "name": names[package.name],
            "intent": text(package.intent),
            "difficulty": text(package.difficulty),
            "body": text(package.body),
            "forms": forms,
        }
    )


def _renamed_conflicts(package: SkillPackage, names: Mapping[str, str]) -> SkillPackage:
    return package.model_copy(
        update={"conflicts": tuple(sorted(names.get(name, name) for name in package.conflicts))}
    )


def _new_name(rng: random.Random, taken: set[str]) -> str:
    while True:
        name = f"{rng.choice(library_words())}-{rng.choice(library_words())}"
        if name not in taken:
            return name


@cache
def library_words() -> tuple[str, ...]:
    """Words of the whole library's texts."""
    texts = " ".join(
        f"{package.intent} {package.difficulty} {package.body}"
        for package in default_library().packages.values()
    )
    return tuple(sorted(set(re.findall(r"\b[a-z]{4,11}\b", texts))))


def conversation(trajectory: Trajectory) -> dict[str, Any]:
    """One line of a training file: chat messages, and which turns of the agent are no targets.

    A turn whose action failed is context, not a target: what to do about it is worth learning, not how to fail.
    """
    messages: list[dict[str, Any]] = trajectory.messages()
    turns = [message for message in messages if message["role"] == "assistant"]
    for turn, step in zip(turns, trajectory.steps, strict=True):
        if not step.observation.ok:
            turn["target"] = False
    return {
        "messages": messages,
        "domain": str(trajectory.spec.domain),
        "skills": len(trajectory.steps[-1].skills),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a file of demonstrations, one process for each part."""
    parser = argparse.ArgumentParser(prog="python -m trainer.demonstrations", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args(arguments)
    compile_toolkit()
    parts = [given.out.with_suffix(f".part{number}") for number in range(given.processes)]
    workers = [
        multiprocessing.Process(
            target=_write, args=(part, given.seed, given.count // given.processes, number, given.processes)
        )
        for number, part in enumerate(parts)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        if worker.exitcode:
            sys.exit(f"a process ended with {worker.exitcode}")
    with given.out.open("w", encoding="utf-8") as out:
        for part in parts:
            out.write(part.read_text(encoding="utf-8"))
            part.unlink()


def _write(path: Path, seed: int, count: int, start: int, step: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number, trajectory in enumerate(demonstrations(seed, count, start, step), 1):
            file.write(json.dumps(conversation(trajectory), ensure_ascii=False) + "\n")
            if number % 500 == 0:
                file.flush()
                print(f"{path.name}: {number} of {count}", flush=True)


if __name__ == "__main__":
    main()
