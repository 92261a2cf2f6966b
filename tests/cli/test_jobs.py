"""`propound jobs show`: what people read of a job."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from propound.cli import output
from propound.cli.jobs import _show
from propound.job import JobRequest
from propound.problem import Mode
from propound.views import Job
from service.jobs.schemas import JOB_EXAMPLE


def test_a_job_says_why_its_episodes_cannot_be_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Console(width=200, file=io.StringIO(), record=True)
    monkeypatch.setattr(output, "console", lambda: screen)
    unrecorded = {"no_tokens": 3, "a reason of a later version": 1}
    _show(Job.model_validate({**JOB_EXAMPLE, "unrecorded": unrecorded}), as_json=False)
    shown = screen.export_text()
    assert "3 cannot be learned from: the model's server tells no token ids or no log-probabilities" in shown
    assert "1 cannot be learned from: a reason of a later version" in shown


def test_a_job_says_what_its_problems_rest_on_and_what_it_may_spend(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Console(width=200, file=io.StringIO(), record=True)
    monkeypatch.setattr(output, "console", lambda: screen)
    rests = {"mode": "open", "families": ["qwen"], "shared_family": ["solvers"], "calibration": None}
    request = JobRequest(count=3, mode=Mode.OPEN, max_tokens=500_000).model_dump(mode="json")
    _show(Job.model_validate({**JOB_EXAMPLE, "trust": rests, "request": request}), as_json=False)
    shown = screen.export_text()
    assert "open mode" in shown
    assert "CAUTION: some or all solvers share the proposer's family" in shown
    assert "false accepts: not measured" in shown
    assert "318,000 of 500,000 tokens used" in shown
