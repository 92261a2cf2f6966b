"""Datasets, problems and trajectories as clients read them.

A problem's evidence and a trajectory's record hold whatever a model wrote, lone surrogates included; these go
out as they are stored, and the schemas here describe them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from propound.answers.kinds import AnswerKind
from propound.domain import Domain
from propound.problem import Mode
from propound.storage.jobs import trust
from propound.storage.tables import (
    Dataset,
    Decision,
    Job,
    StoredProblem,
    StoredSibling,
    StoredTrajectory,
    VerdictKind,
)
from propound.trajectory import Outcome
from propound.trust import Calibration, Trust
from propound.verification.vote import Rejection


class DatasetView(BaseModel):
    """A dataset: the accepted problems of one job, so far or for good."""

    id: str
    object: Literal["dataset"] = "dataset"
    name: str
    job_id: str
    problems: int = Field(description="Accepted so far.")
    siblings: int = Field(description="Problems of it with other numbers, beside it.")
    complete: bool = Field(description="Whether its job has ended, so that nothing will be added.")
    trust: Trust = Field(description="What the rightness of its problems rests on.")
    created_at: datetime


class ProblemSummary(BaseModel):
    """A problem in a list."""

    id: str
    object: Literal["problem"] = "problem"
    dataset_id: str
    ordinal: int = Field(description="Its place in the dataset, from 1.")
    domain: Domain
    skills: list[str] = Field(description="In the order of the composition.")
    statement: str
    mode: Mode
    answer: str = Field(description="Gold answer; for coding the reference program.")
    answer_kind: AnswerKind
    trajectory_id: str
    content_digest: str = Field(description="SHA-256; equal for the same problem wherever it is made.")


class ProblemView(ProblemSummary):
    """A problem with everything that speaks for it."""

    record: dict[str, Any] = Field(description="Composition, tolerance; for coding the tests.")
    evidence: dict[str, Any] = Field(
        description="Skills with content hashes, policy and version, seed, votes, checks, trajectory digest."
    )


class SiblingView(BaseModel):
    """A problem of a dataset with other numbers."""

    id: str
    object: Literal["sibling"] = "sibling"
    problem_id: str = Field(description="Its parent.")
    dataset_id: str
    ordinal: int = Field(description="Its place among its parent's, from 1.")
    statement: str
    answer: str
    given: dict[str, Any] = Field(description="What was drawn.")
    content_digest: str


class Siblings(BaseModel):
    """All siblings of a problem."""

    data: list[SiblingView]


class TrajectoryView(BaseModel):
    """One episode, accepted or not: what the agent did, and what verification said."""

    id: str
    object: Literal["trajectory"] = "trajectory"
    job_id: str
    spec_index: int
    member: int = Field(description="Its place in the group of trajectories of this spec.")
    outcome: Outcome
    verdict: VerdictKind
    rejection: Rejection | None
    decision: Decision
    rationale: str
    policy: str
    policy_version: str
    library_version: str
    digest: str
    created_at: datetime
    rewards: dict[str, Any]
    votes: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    evidence: dict[str, Any] | None = Field(
        description="Open mode: what every stage of verification found, enough to give the verdict again."
    )
    record: dict[str, Any] = Field(description="Spec, prompt and every step.")


def problem_summary(row: StoredProblem) -> ProblemSummary:
    """The short form of a problem."""
    return ProblemSummary(
        id=row.id,
        dataset_id=row.dataset_id,
        ordinal=row.ordinal,
        domain=row.domain,
        skills=row.skills,
        statement=row.statement,
        mode=Mode.OPEN if "open" in row.record else Mode.PROCEDURAL,
        answer=row.answer,
        answer_kind=row.record["answer_kind"],
        trajectory_id=row.trajectory_id,
        content_digest=row.content_digest,
    )


def sibling_view(row: StoredSibling) -> SiblingView:
    """A sibling as the API shows it."""
    return SiblingView.model_validate(row, from_attributes=True)


def problem_json(row: StoredProblem) -> dict[str, Any]:
    """A `ProblemView` as JSON."""
    summary = problem_summary(row).model_dump(mode="json")
    return {**summary, "record": row.record, "evidence": row.evidence}


def trajectory_json(row: StoredTrajectory) -> dict[str, Any]:
    """A `TrajectoryView` as JSON."""
    return {
        "id": row.id,
        "object": "trajectory",
        "job_id": row.job_id,
        "spec_index": row.spec_index,
        "member": row.member,
        "outcome": row.outcome,
        "verdict": row.verdict,
        "rejection": row.rejection,
        "decision": row.decision,
        "rationale": row.rationale,
        "policy": row.policy,
        "policy_version": row.policy_version,
        "library_version": row.library_version,
        "digest": row.digest,
        "created_at": row.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "rewards": row.rewards,
        "votes": row.votes,
        "checks": row.checks,
        "evidence": row.evidence,
        "record": row.record,
    }


def dataset_view(row: Dataset, job: Job, siblings: int, calibration: Calibration | None) -> DatasetView:
    """A dataset as the API shows it; its job knows how far it is."""
    return DatasetView(
        id=row.id,
        name=row.name,
        job_id=row.job_id,
        problems=job.accepted,
        siblings=siblings,
        complete=job.state.is_final,
        trust=trust(job, calibration),
        created_at=row.created_at,
    )
