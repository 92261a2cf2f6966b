"""A worker on a machine that cannot isolate programs."""

from __future__ import annotations

from propound.config import Settings
from propound.sandbox import SandboxUnavailable
from tests.factories.pipelines import FakePipeline
from worker.app import create_app


def _refuse(_: Settings) -> None:
    raise SandboxUnavailable("install bubblewrap")


app = create_app(FakePipeline.open, _refuse)
