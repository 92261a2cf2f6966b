"""The tables. Counters and acceptance are guarded here too, so that no bug can make a funnel that lies."""

from propound.storage.tables.access import ApiKey, IdempotencyKey, Installation
from propound.storage.tables.base import Base
from propound.storage.tables.benchmarks import Benchmark, StoredBenchmarkRow
from propound.storage.tables.datasets import Dataset, StoredProblem, StoredSibling
from propound.storage.tables.jobs import EventKind, Job, JobEvent, Shard, ShardState, StoredPool, Tenant
from propound.storage.tables.requests import RequestSum, StoredRequest
from propound.storage.tables.trainings import (
    CheckpointState,
    Promotion,
    Schedule,
    StoredCheckpoint,
    Training,
    TrainingEvent,
    TrainingEventKind,
    TrainingGroup,
    TrainingMetrics,
)
from propound.storage.tables.trajectories import Decision, StoredTrajectory, VerdictKind
from propound.storage.tables.trials import StoredTrial, TrialSum
from propound.storage.tables.verifications import StoredVerification, VerificationRow, VerificationState

__all__ = [
    "ApiKey",
    "Base",
    "Benchmark",
    "CheckpointState",
    "Dataset",
    "Decision",
    "EventKind",
    "IdempotencyKey",
    "Installation",
    "Job",
    "JobEvent",
    "Promotion",
    "RequestSum",
    "Schedule",
    "Shard",
    "ShardState",
    "StoredBenchmarkRow",
    "StoredCheckpoint",
    "StoredPool",
    "StoredProblem",
    "StoredRequest",
    "StoredSibling",
    "StoredTrajectory",
    "StoredTrial",
    "StoredVerification",
    "Tenant",
    "Training",
    "TrainingEvent",
    "TrainingEventKind",
    "TrainingGroup",
    "TrainingMetrics",
    "TrialSum",
    "VerdictKind",
    "VerificationRow",
    "VerificationState",
]
