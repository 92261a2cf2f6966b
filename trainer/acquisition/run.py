"""Rejection sampling over a corpus: p_skill(k) ∝ 1[r(k) >= tau_r] * pi_teacher(k | corpus).

`decisions.jsonl` is the truth of a run: one line per candidate, kept or not, with everything that led to it. The
packages in `library/` and the conversations for training follow from it, so a run that was stopped just goes on.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from propound.errors import PropoundError
from trainer.acquisition.candidate import Candidate, CandidateError, load_candidate, read_candidate
from trainer.acquisition.corpus import Excerpt, Refusal, read_corpus
from trainer.acquisition.prompt import conversation
from trainer.acquisition.score import Score, Scorer

DECISIONS = "decisions.jsonl"
CONVERSATIONS = "conversations.jsonl"
LIBRARY = "library"
NOT_READ = "not read"
NO_CANDIDATE = "no candidate"


class RunError(PropoundError):
    """The folder of a run holds something else."""


class Teacher(Protocol):
    """Who extracts: pi_teacher."""

    @property
    def name(self) -> str:
        """Which teacher, in the run's records."""
        ...

    @property
    def varies(self) -> bool:
        """Whether another sample of one excerpt can be another candidate."""
        ...

    def extract(self, excerpt: Excerpt, sample: int) -> Candidate:
        """One candidate.

        Raises:
            CandidateError: there is none in what the teacher says.
        """
        ...


@dataclass(frozen=True)
class Decision:
    """What became of one sample of one excerpt."""

    source: str
    digest: str
    """Of the excerpt; empty for what could not be read."""
    teacher: str
    sample: int
    name: str = ""
    """The candidate's, where there is one."""
    kept: bool = False
    total: float = 0.0
    """r(k)."""
    reason: str = ""
    """Why it was not kept."""
    score: dict[str, Any] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    """The conversation to train on, of a kept one."""


class Run:
    """One run over a corpus, in a folder of its own."""

    def __init__(
        self, corpus: Path, out: Path, teacher: Teacher, scorer: Scorer, *, threshold: float, samples: int
    ) -> None:
        """Opens or begins the folder `out`.

        Args:
            corpus: folder of texts; see `read_corpus`.
            out: gets `library/`, `decisions.jsonl` and `conversations.jsonl`.
            teacher: who extracts.
            scorer: who measures; kept skills are added to its library.
            threshold: tau_r, from 0 to 1.
            samples: candidates of one excerpt, where the teacher varies.

        Raises:
            RunError: the folder's records cannot be read.
        """
        self.corpus, self.out, self.teacher, self.scorer = corpus, out, teacher, scorer
        self.threshold, self.samples = threshold, samples if teacher.varies else 1
        (out / LIBRARY).mkdir(parents=True, exist_ok=True)
        self.decisions = self._recorded()
        for decision in self.decisions:
            if decision.kept:
                self._keep(read_candidate(decision.messages[-1]["content"]))
        self._write_conversations()

    def _recorded(self) -> list[Decision]:
        """The decisions so far; a last line that was not finished is none."""
        path = self.out / DECISIONS
        if not path.exists():
            return []
        *lines, rest = path.read_text(encoding="utf-8").split("\n")
        if rest:
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        try:
            return [Decision(**json.loads(line)) for line in lines]
        except (ValueError, TypeError):
            raise RunError(f"{path} is no record of a run") from None

    def decide(self) -> Iterator[Decision]:
        """Every decision that is still to be made, as it is made.

        Raises:
            CorpusError: the corpus cannot be read.
            ServiceDownError: the teacher does not answer; call again later.
        """
        decided = {(each.source, each.digest, each.teacher, each.sample) for each in self.decisions}
        for piece in read_corpus(self.corpus):
            for sample in range(1 if isinstance(piece, Refusal) else self.samples):
                if (piece.source, _digest(piece), self.teacher.name, sample) in decided:
                    continue
                decision = self._decided(piece, sample)
                self._record(decision)
                yield decision

    def _decided(self, piece: Excerpt | Refusal, sample: int) -> Decision:
        undecided = Decision(piece.source, _digest(piece), self.teacher.name, sample)
        if isinstance(piece, Refusal):
            return replace(undecided, reason=f"{NOT_READ}: {piece.reason}")
        try:
            candidate = self.teacher.extract(piece, sample)
        except CandidateError as error:
            return replace(undecided, reason=f"{NO_CANDIDATE}: {error}")
        with tempfile.TemporaryDirectory() as staging:
            candidate.write(Path(staging))
            score = self.scorer.score(candidate, piece, Path(staging), self.threshold)
        kept = score.total >= self.threshold and not score.findings
        return replace(
            undecided,
            name=candidate.name,
            kept=kept,
            total=score.total,
            reason="" if kept else _why_not(score, self.threshold),
            score=asdict(score),
            messages=conversation(piece, candidate) if kept else [],
        )

    def _record(self, decision: Decision) -> None:
        """The line first, then what follows from it."""
        with (self.out / DECISIONS).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(decision), ensure_ascii=False) + "\n")
        self.decisions.append(decision)
        if decision.kept:
            self._keep(read_candidate(decision.messages[-1]["content"]))
            self._write_conversations()

    def _keep(self, candidate: Candidate) -> None:
        """The package in the run's library, whole or not at all."""
        library = self.out / LIBRARY
        if not (library / candidate.name).exists():
            with tempfile.TemporaryDirectory(dir=self.out, prefix=".") as staging:
                candidate.write(Path(staging)).rename(library / candidate.name)
        self.scorer.add(load_candidate(library / candidate.name))

    def _write_conversations(self) -> None:
        partial = self.out / f".{CONVERSATIONS}"
        with partial.open("w", encoding="utf-8") as lines:
            for decision in self.decisions:
                if decision.kept:
                    line = {"messages": decision.messages, "skill": decision.name, "score": decision.total}
                    lines.write(json.dumps(line, ensure_ascii=False) + "\n")
        partial.replace(self.out / CONVERSATIONS)


def _digest(piece: Excerpt | Refusal) -> str:
    return "" if isinstance(piece, Refusal) else piece.digest


def _why_not(score: Score, threshold: float) -> str:
    if score.findings:
        return "; ".join(score.findings)
    return f"r = {score.total:.2f} is below {threshold:g}; nearest skill: {score.nearest or 'none'}"


def summary(decisions: Sequence[Decision]) -> dict[str, int]:
    """Counts of what became of the samples."""
    return {
        "samples": len(decisions),
        "not_read": sum(decision.reason.startswith(NOT_READ) for decision in decisions),
        "no_candidate": sum(decision.reason.startswith(NO_CANDIDATE) for decision in decisions),
        "rejected": sum(bool(decision.name) and not decision.kept for decision in decisions),
        "kept": sum(decision.kept for decision in decisions),
    }
