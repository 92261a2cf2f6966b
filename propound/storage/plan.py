"""How much more work a job should have under way: one pure rule for claiming and for waking people up."""

from __future__ import annotations

from math import ceil

from propound.job import JobState
from propound.problem import Mode
from propound.storage.tables import Job

UNSETTLED_SHARDS = 16
"""Most shards' worth of specs between what is settled and what is claimed ..."""

UNSETTLED_SPECS = 64
"""... but at least so many specs: shards of one slow spec must not keep workers waiting for the slowest."""

EPISODES_AHEAD = 4
"""Most episodes of open mode under way for each problem that is missing: each costs a model's tokens."""

_ENOUGH_TO_MEASURE = 20
"""Episodes after which the share that was verified counts as the expected one."""


def members(job: Job, spec_index: int) -> int:
    """Trajectories that the budget allows for the spec: the group, or what is left of the budget."""
    return max(0, min(job.group_size, job.episodes - spec_index * job.group_size))


def total_specs(job: Job) -> int:
    """Specs that the budget allows; the last group may be smaller."""
    return ceil(job.episodes / job.group_size)


def shard_size(job: Job, shard_specs: int) -> int:
    """Specs in a shard of the job: one in open mode, where models take minutes for an episode."""
    return 1 if job.mode is Mode.OPEN else shard_specs


def specs_to_cut(job: Job, shard_specs: int) -> int:
    """Specs that the job's next shard should have now; 0 for none.

    What is under way is expected to yield as what is done did; more is cut only if that is not enough.
    """
    if job.state not in (JobState.QUEUED, JobState.RUNNING):
        return 0
    shard_specs = shard_size(job, shard_specs)
    room = max(UNSETTLED_SPECS, UNSETTLED_SHARDS * shard_specs) - (job.next_spec - job.settled_spec)
    left = total_specs(job) - job.next_spec
    verified = job.accepted + job.pending
    share = verified / job.proposed if job.proposed >= _ENOUGH_TO_MEASURE else 1.0
    under_way = min(job.next_spec * job.group_size, job.episodes) - job.proposed
    if job.mode is Mode.OPEN and under_way >= EPISODES_AHEAD * (job.count - verified):
        return 0
    missing = job.count - verified - under_way * share
    if missing <= 0:
        return 0
    wanted = ceil(missing / (share * job.group_size)) if share > 0 else shard_specs
    return max(0, min(shard_specs, room, left, wanted))
