"""A Celery worker around the small pipeline: `celery -A tests.worker.fake_worker worker`."""

from __future__ import annotations

from tests.factories.pipelines import FakePipeline
from worker.app import create_app

app = create_app(FakePipeline.open, lambda _: None)
