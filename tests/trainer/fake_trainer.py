"""A Celery trainer whose refinement takes no time: `celery -A tests.trainer.fake_trainer worker`."""

from __future__ import annotations

from tests.factories.trainers import open_workplace
from trainer.app import create_app

app = create_app(open_workplace, lambda _: None)
