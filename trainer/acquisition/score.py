"""r(k): what of a candidate's worth can be measured, without anybody's opinion."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from propound.answers import Agreement, compare
from propound.answers.kinds import AnswerKind
from propound.domain import Domain
from propound.errors import SkillError
from propound.proving import ProofError, Prover
from propound.sandbox import ExecutionStatus, Limits, Program
from propound.skills import Library, SkillPackage
from propound.skills.library import TOOLKIT_ROOT
from propound.skills.toolkit import CATALOGUE, wording
from propound.skills.toolkit.values import ParameterType
from propound.words import runs, words
from trainer.acquisition.candidate import Candidate, load_candidate
from trainer.acquisition.corpus import Excerpt
from trainer.acquisition.restrictions import restrictions

DRAWS = 60
"""Instances that are drawn to see how many are sound."""
SHARED = 16
"""Instances on which two skills are compared."""
ENOUGH_TEXTS = 200
"""Different texts from which on a wording is as varied as it need be."""
SHINGLE = 3
"""Words of a run, of which the likeness of two wordings is made."""
MOST, LONGEST = 4, 300
"""Findings of a score, and characters of a finding."""
LIMITS = Limits(wall_s=60.0, cpu_s=50.0, memory_mb=512)
BRIEF = Limits(wall_s=10.0, cpu_s=8.0, memory_mb=512)

_MEASURE = """
import json, random, sys
from toolkit import quality
from toolkit.composition import DrawError, Skill, draw, evaluate
from toolkit.proof import agree

name, parameters, draws = json.load(sys.stdin)
with open("skills.json") as file:
    skill = Skill.from_catalogue(json.load(file)["skills"][name])
found = {"sound": 0, "answers": 0}
use = [{"skill": name, "parameters": parameters}]
for method in ("solve", "recompute"):
    found[method] = quality.show_answer(skill, evaluate([skill], use, method)[-1], 6)
answers = set()
for index in range(draws):
    try:
        composition = draw([skill], random.Random(index), index % 3 + 1)
        first, second = (evaluate([skill], composition, method)[-1] for method in ("solve", "recompute"))
        found["sound"] += agree(first, second) and not quality.weaknesses([skill], composition)
        answers.add(str(first))
    except DrawError:
        pass
found["answers"] = len(answers)
print(json.dumps(found))
"""
_COMPARE = """
import itertools, json, random, sys
from toolkit.composition import DrawError, Skill, arguments, draw
from toolkit.proof import agree

name, other, wanted = json.load(sys.stdin)
with open("skills.json") as file:
    catalogue = json.load(file)["skills"]
first, second = (Skill.from_catalogue(catalogue[each]) for each in (name, other))
instances = []
for index in range(4 * wanted):
    try:
        use, = draw([first], random.Random(index), index % 3 + 1)
        given = arguments(first, use["parameters"], None)
        instances.append((given, first.result("solve", dict(given))))
    except DrawError:
        pass
    if len(instances) == wanted:
        break
kinds = [kind.name for kind in first.parameters.values()]
best = 0
for order in itertools.permutations(second.parameters):
    if [second.parameters[each].name for each in order] != kinds:
        continue
    same = 0
    for given, result in instances:
        try:
            same += agree(result, second.call("solve", dict(zip(order, given.values()))))
        except Exception:
            pass
    best = max(best, same)
print(json.dumps(best / max(1, len(instances))))
"""
_KINDS = {
    "integer": AnswerKind.INTEGER,
    "rational": AnswerKind.RATIONAL,
    "polynomial": AnswerKind.POLYNOMIAL,
    "set": AnswerKind.SET,
    "tuple": AnswerKind.TUPLE,
    "quantity": AnswerKind.QUANTITY,
}
_NUMERIC = {"integer": "number", "rational": "number"}


@dataclass(frozen=True)
class Score:
    """The parts of r(k)."""

    findings: tuple[str, ...] = ()
    """What is wrong; with any finding r(k) is 0."""
    novelty: float = 0.0
    """1 minus the largest likeness with a skill of the library: the share of common results, or the Jaccard index of
    the wordings' runs of words, squared (texts of one teacher have half of theirs in common easily)."""
    variety: float = 0.0
    """Different texts it can say, of `ENOUGH_TEXTS`."""
    soundness: float = 0.0
    """Share of the draws that give a sound problem, with a result by both methods."""
    nearest: str = ""
    """The skill of the library that it is most like."""

    @property
    def total(self) -> float:
        """r(k), from 0 to 1, where nothing is wrong; few texts cost up to half of it."""
        return 0.0 if self.findings else self.novelty * self.soundness * (1 + self.variety) / 2


@dataclass
class Scorer:
    """Measures candidates against a library that grows by those that are kept."""

    prover: Prover
    pairs: bool = True
    """Whether a candidate must prove itself with every skill that it can be combined with, too."""
    packages: dict[str, SkillPackage] = field(default_factory=dict)

    @classmethod
    def open(cls, *, pairs: bool = True) -> Scorer:
        """A scorer with the library that comes with Propound.

        Raises:
            SandboxUnavailable: this machine has no sandbox.
        """
        prover = Prover.open()
        return cls(prover, pairs, dict(prover.library.packages))

    def add(self, package: SkillPackage) -> None:
        """A skill that was kept: later candidates are compared with it and proved with it."""
        self.packages[package.name] = package

    def score(self, candidate: Candidate, excerpt: Excerpt, folder: Path, threshold: float) -> Score:
        """Measure a candidate whose package is written below `folder`.

        Only where r(k) is at least `threshold`, it is proved in pairs.

        Raises:
            ProofError: the sandbox failed; nothing is known about the candidate.
        """
        try:
            score = self._score(candidate, excerpt, folder / candidate.name, threshold)
        except (RecursionError, MemoryError):
            return Score(("nested too deep",))
        return replace(score, findings=tuple(finding[:LONGEST] for finding in score.findings[:MOST]))

    def _score(self, candidate: Candidate, excerpt: Excerpt, place: Path, threshold: float) -> Score:
        found = restrictions(candidate.files[1])
        if candidate.name in self.packages:
            found.append(f"the library has a skill called {candidate.name}")
        if found:
            return Score(tuple(found))
        try:
            package = load_candidate(place)
        except SkillError as error:
            return Score((str(error),))
        found = _ungrounded(candidate, package, excerpt)
        if found:
            return Score(tuple(found))
        measured, found = self._measure(candidate, package)
        if found:
            return Score(tuple(found))
        likeness, nearest = self._likeness(package)
        texts = wording.variants(wording.load_forms([*package.forms], frozenset(package.parameters)))
        parts = {
            "novelty": 1 - likeness,
            "variety": min(ENOUGH_TEXTS, texts) / ENOUGH_TEXTS,
            "soundness": measured["sound"] / DRAWS,
            "nearest": nearest,
        }
        prover = Prover(self.prover.sandbox, Library(self.packages.values()))
        is_worth_it = self.pairs and Score(**parts).total >= threshold
        return Score(tuple(prover.findings(place, pairs=is_worth_it)), **parts)

    def _measure(self, candidate: Candidate, package: SkillPackage) -> tuple[dict[str, Any], list[str]]:
        """Both methods on the worked example, and how many draws are sound."""
        asked = [package.name, candidate.parameters, DRAWS]
        measured = self._run(_MEASURE, asked, Library([package]).catalogue([package.name]), LIMITS)
        if not isinstance(measured, dict):
            return {}, [f"the worked example: {measured}"]
        found = []
        for method, what in (("solve", "the first method"), ("recompute", "the second method")):
            agreement = compare(gold=candidate.answer, answer=measured[method], kind=_KINDS[package.gives])
            if agreement.result is not Agreement.EQUAL:
                found.append(
                    f"{what} gives {measured[method][:60]} for the worked example, not {candidate.answer[:60]}"
                )
        if measured["answers"] < 2:
            found.append("every draw has the same answer, or none")
        return measured, found

    def _likeness(self, package: SkillPackage) -> tuple[float, str]:
        """The largest likeness with a skill of the library, and its name."""
        best, nearest = 0.0, ""
        own = _runs(package)
        for name, other in self.packages.items():
            if other.domain != package.domain:
                continue
            theirs = _runs(other)
            likeness = (len(own & theirs) / max(1, len(own | theirs))) ** 2
            if _signature(other) == _signature(package):
                likeness = max(likeness, self._agreement(package, other))
            if likeness > best:
                best, nearest = likeness, name
        return best, nearest

    def _agreement(self, package: SkillPackage, other: SkillPackage) -> float:
        """Share of the package's instances with the same result by the other, its parameters in the best order."""
        catalogue = Library([package, other]).catalogue([package.name, other.name])
        share = self._run(_COMPARE, [package.name, other.name, SHARED], catalogue, BRIEF)
        return share if isinstance(share, float) else 0.0

    def _run(self, program: str, asked: list[Any], catalogue: dict[str, Any], limits: Limits) -> Any:
        """The JSON in the last line of what a program prints, or as text why there is none."""
        execution = self.prover.sandbox.run(
            Program(
                program,
                stdin=json.dumps(asked).encode(),
                files={CATALOGUE: json.dumps(catalogue).encode()},
                python_path=[TOOLKIT_ROOT],
                limits=limits,
            )
        )
        if execution.status is ExecutionStatus.FAILED:
            raise ProofError(f"the sandbox failed: {execution.reason}")
        said = execution.stderr.decode(errors="replace").strip().splitlines()
        if not execution.succeeded:
            return execution.reason or (said[-1][:200] if said else f"exit code {execution.exit_code}")
        try:
            return json.loads(execution.stdout.decode().strip().splitlines()[-1])
        except (ValueError, IndexError):
            return "no result"


def _ungrounded(candidate: Candidate, package: SkillPackage, excerpt: Excerpt) -> list[str]:
    """What of the worked example does not stand in the excerpt, or is no value of its parameter."""
    if package.domain is Domain.CODING:
        return ["a coding skill has no worked example that can be checked"]
    if package.gives not in _KINDS:
        return [f"no skill of {package.domain} gives {package.gives}"]
    if package.gives == "quantity" and not (package.unit and package.bounds):
        return ["a quantity has no unit and bounds"]
    if candidate.parameters.keys() != package.parameters.keys():
        return ["the worked example has other parameters than the skill"]
    found = [
        f"the worked example's {name} is no {kind}"
        for name, kind in package.parameters.items()
        if not ParameterType.parse(kind).accepts(candidate.parameters[name])
    ]
    known = _numbers(excerpt.text)
    used = _numbers(json.dumps([*candidate.parameters.values(), candidate.answer]))
    return found + [
        f"the number {number} of the worked example does not stand in the excerpt"
        for number in sorted(used - known)
    ]


def _numbers(text: str) -> set[str]:
    """Digits of the numbers in a text; a separator of thousands is none."""
    joined = re.sub(r"(?<=\d)(?:,|\{,\}|\\,)(?=\d{3}(?!\d))", "", text)
    return set(re.findall(r"\d+(?:\.\d+)?", joined))


def _runs(package: SkillPackage) -> set[str]:
    texts = [text for form in package.forms for part in form.values() for text in part]
    return {run for text in texts for run in runs(words(text), SHINGLE)}


def _signature(package: SkillPackage) -> tuple[list[str], str, str]:
    kinds = sorted(ParameterType.parse(kind).name for kind in package.parameters.values())
    return kinds, _NUMERIC.get(package.gives, package.gives), package.unit
