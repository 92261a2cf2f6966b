"""Finds what belongs to the caller; everything else does not exist for them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from propound.storage import datasets, jobs, trajectories, trials
from propound.storage.tables import Dataset, StoredProblem, StoredTrajectory
from service.datasets.schemas import DatasetView, dataset_view
from service.errors import found
from service.keyring import Caller


def find(session: Session, caller: Caller, dataset_id: str) -> Dataset:
    """The caller's dataset.

    Raises:
        NotFoundError: the tenant has no such dataset.
    """
    return found(datasets.get(session, caller.tenant, dataset_id), "dataset")


def edition(session: Session, caller: Caller, dataset_id: str, *, siblings: bool) -> datasets.Edition:
    """What the caller's dataset consists of now.

    Raises:
        NotFoundError: the tenant has no such dataset.
    """
    return found(datasets.edition(session, caller.tenant, dataset_id, siblings=siblings), "dataset")


def find_problem(session: Session, caller: Caller, problem_id: str) -> StoredProblem:
    """The caller's problem.

    Raises:
        NotFoundError: the tenant has no such problem.
    """
    return found(datasets.problem(session, caller.tenant, problem_id), "problem")


def find_trajectory(session: Session, caller: Caller, trajectory_id: str) -> StoredTrajectory:
    """The caller's trajectory.

    Raises:
        NotFoundError: the tenant has no such trajectory.
    """
    return found(trajectories.get(session, caller.tenant, trajectory_id), "trajectory")


def views(session: Session, rows: list[Dataset]) -> dict[str, DatasetView]:
    """The datasets as the API shows them, by id."""
    filling = jobs.by_id(session, [dataset.job_id for dataset in rows])
    known = trials.of_jobs(session, filling.values())
    siblings = datasets.count_siblings(session, [dataset.id for dataset in rows])
    return {
        dataset.id: dataset_view(
            dataset, filling[dataset.job_id], siblings.get(dataset.id, 0), known.get(dataset.job_id)
        )
        for dataset in rows
    }
