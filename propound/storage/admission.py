"""Admission: whether a verified problem whose turn has come may enter its dataset, and if not, why.

Asked in the order of the specs and under the lock of the job's row, so every answer depends on the problems
accepted before and on nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from sqlalchemy import BigInteger, Row, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from propound.dedup import Fingerprint
from propound.job import Difficulty, JobRequest
from propound.probing.probe import Probe
from propound.problem import Problem
from propound.record import digest
from propound.storage import benchmarks as repository
from propound.storage.session import by_index
from propound.storage.tables import StoredProblem
from propound.verification.vote import Check, Rejection


def statement_digest(statement: str) -> str:
    """Identity of a statement, whatever its white space."""
    return digest(" ".join(statement.split()))


@dataclass(frozen=True)
class Refusal:
    """Why a problem is not admitted, and the check that it failed."""

    rejection: Rejection
    check: Check


@dataclass(frozen=True)
class Candidate:
    """A verified trajectory whose turn has come, with the problem that it made."""

    row: Row[Any]
    problem: Problem
    statement: str
    """Digest of the statement."""
    composition: str
    """Digest of the composition."""
    fingerprint: Fingerprint
    bands: list[int]
    probe: Probe | None

    @classmethod
    def of(cls, row: Row[Any], dataset_id: str) -> Self:
        """The candidate that a stored trajectory is for a dataset."""
        problem = Problem.model_validate(row.problem)
        fingerprint = Fingerprint.of(problem)
        return cls(
            row=row,
            problem=problem,
            statement=statement_digest(problem.statement),
            composition=problem.composition_digest(),
            fingerprint=fingerprint,
            bands=fingerprint.bands(dataset_id),
            probe=None if row.probe is None else Probe.model_validate(row.probe),
        )


@dataclass
class Admission:
    """What the dataset holds already, as far as some candidates are concerned."""

    session: Session
    benchmarks: Sequence[str]
    difficulty: Difficulty | None
    statements: set[str]
    compositions: set[str]
    fingerprints: dict[int, Fingerprint] = field(default_factory=dict)
    """By ordinal."""
    by_band: dict[int, list[int]] = field(default_factory=dict)
    """Ordinals by band."""

    @classmethod
    def open(
        cls, session: Session, dataset_id: str, request: JobRequest, candidates: Sequence[Candidate]
    ) -> Self:
        """Read what these candidates have to be compared with.

        Args:
            session: a transaction that holds the lock of the job's row.
            dataset_id: the dataset to be filled.
            request: what is asked for: the benchmarks to keep clear of, and the pass rates that are wanted.
            candidates: whose turn has come.
        """
        statements, compositions = _known(session, dataset_id, candidates)
        opened = cls(session, request.benchmarks, request.difficulty, statements, compositions)
        opened._recall_like(candidates)
        return opened

    def refusal(self, candidate: Candidate) -> Refusal | None:
        """Why the candidate may not enter; None where it may."""
        if candidate.statement in self.statements or candidate.composition in self.compositions:
            return Refusal(Rejection.DUPLICATE, Check(name="no duplicate", passed=False))
        return (
            self._difficulty(candidate) or self._contamination(candidate) or self._near_duplicate(candidate)
        )

    def admit(self, candidate: Candidate, ordinal: int) -> None:
        """Count the candidate among what the dataset holds."""
        self.statements.add(candidate.statement)
        self.compositions.add(candidate.composition)
        self._remember(ordinal, candidate.fingerprint, candidate.bands)

    def _difficulty(self, candidate: Candidate) -> Refusal | None:
        """A problem that nobody measured is refused where a range is asked for: nothing speaks for it.

        So is one that nobody solves even with a hint: it may be hard, or wrong.
        """
        wanted, probe = self.difficulty, candidate.probe
        if wanted is None:
            return None
        if probe and not probe.is_unknown and wanted.minimum <= probe.pass_rate <= wanted.maximum:
            return None
        too_easy = probe is not None and probe.pass_rate > wanted.maximum
        found = f"{probe.solved} of {probe.attempts} attempts" if probe else "no attempts"
        detail = f"{found} were right, from {wanted.minimum:g} to {wanted.maximum:g} of them are asked for"
        return Refusal(
            Rejection.TOO_EASY if too_easy else Rejection.TOO_HARD,
            Check(name="pass rate as asked for", passed=False, detail=detail),
        )

    def _contamination(self, candidate: Candidate) -> Refusal | None:
        if not self.benchmarks:
            return None
        overlap = repository.overlap(self.session, self.benchmarks, candidate.problem.statement)
        if overlap is None:
            return None
        detail = (
            f"row {overlap.row} of benchmark {overlap.benchmark_id} has {overlap.row_grams} runs of words, "
            f"the statement {overlap.grams}; they share {overlap.shared}"
        )
        return Refusal(Rejection.CONTAMINATED, Check(name="clear of benchmarks", passed=False, detail=detail))

    def _near_duplicate(self, candidate: Candidate) -> Refusal | None:
        close = {ordinal for band in candidate.bands for ordinal in self.by_band.get(band, ())}
        for ordinal in sorted(close):
            likeness = candidate.fingerprint.likeness(self.fingerprints[ordinal])
            if likeness.is_near:
                detail = (
                    f"problem {ordinal} of the dataset has the same words to {float(likeness.text):.2f} and "
                    f"the same skills and numbers to {float(likeness.structure):.2f}"
                )
                check = Check(name="no near-duplicate", passed=False, detail=detail)
                return Refusal(Rejection.NEAR_DUPLICATE, check)
        return None

    def _recall_like(self, candidates: Sequence[Candidate]) -> None:
        """Read the accepted problems that share a band with a candidate.

        Bands are scoped to the dataset. The query names nothing else, so that the index on bands is the only
        one that PostgreSQL can take.
        """
        wanted = sorted({band for candidate in candidates for band in candidate.bands})
        if not wanted:
            return
        query = select(StoredProblem.ordinal, StoredProblem.bands, StoredProblem.record).where(
            StoredProblem.bands.overlap(literal(wanted, ARRAY(BigInteger)))
        )
        with by_index(self.session):
            found = self.session.execute(query).all()
        for ordinal, bands, record in found:
            self._remember(ordinal, Fingerprint.of(Problem.model_validate(record)), bands)

    def _remember(self, ordinal: int, fingerprint: Fingerprint, bands: Sequence[int]) -> None:
        self.fingerprints[ordinal] = fingerprint
        for band in bands:
            self.by_band.setdefault(band, []).append(ordinal)


def _known(session: Session, dataset_id: str, candidates: Sequence[Candidate]) -> tuple[set[str], set[str]]:
    """Digests of the candidates' statements and compositions that the dataset already holds."""
    statements = [candidate.statement for candidate in candidates]
    compositions = [candidate.composition for candidate in candidates]
    query = select(StoredProblem.statement_digest, StoredProblem.composition_digest).where(
        StoredProblem.dataset_id == dataset_id,
        or_(
            StoredProblem.statement_digest.in_(statements),
            StoredProblem.composition_digest.in_(compositions),
        ),
    )
    found = session.execute(query).all()
    return {statement for statement, _ in found}, {composition for _, composition in found}
