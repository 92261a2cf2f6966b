"""`propound up`: the system for daily use, until Ctrl-C."""

from __future__ import annotations

import time
from dataclasses import replace

from propound.cli.output import console, plain
from propound.config import settings
from propound.embedded.credentials import CREDENTIALS, load_credentials, save_credentials
from propound.embedded.system import Plan, System, running
from propound.models.configured import catalogue_of

CHECK_SECONDS = 0.5


def run(port: int | None, *, trainer: bool = False) -> None:
    """Start what is not running elsewhere, and keep it running: what dies is started again.

    Raises:
        PropoundError: a server or the API cannot start, or the models are not as they have to be.
    """
    chosen = settings()
    plan = Plan(
        home=chosen.home,
        host=chosen.host,
        port=chosen.port,
        concurrency=chosen.concurrency,
        database_url=chosen.database_url,
        redis_url=chosen.redis_url,
        trainer=trainer,
        catalogue=chosen.models,
        models=catalogue_of(chosen).local_models(),
    )
    if port is not None:
        plan = replace(plan, port=port)
    screen = console()
    with running(plan, lambda step: screen.print(plain(step))) as system:
        for line in _greeting(system):
            screen.print(plain(line))
        while True:
            system.supervise()
            time.sleep(CHECK_SECONDS)


def _greeting(system: System) -> list[str]:
    lines = [f"Propound runs at {system.url} (documentation: {system.url}/docs)", f"Logs: {system.home / 'logs'}"]
    saved = load_credentials(system.home)
    if system.first_key is not None:
        path = system.home / CREDENTIALS
        lines += [
            f"The first admin key, shown only this once: {system.first_key}",
            f"It is kept for the commands of this folder in {path}, which only you can read.",
        ]
    elif "key" in saved and saved.get("url") != system.url:
        save_credentials(system.home, system.url, saved["key"])
    lines += [
        f"Model {model.name} is loaded from {model.folder or model.hub} by a server of its own."
        for model in system.plan.models
    ]
    return [*lines, "Ctrl-C stops it."]
