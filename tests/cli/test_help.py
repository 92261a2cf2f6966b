"""The command line explains itself, at once and without loading what it does not need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from propound.cli.options import DomainName, ModeName
from propound.domain import Domain
from propound.problem import Mode
from tests.cli.commands import propound

HEAVY = {"sqlalchemy", "celery", "fastapi", "httpx", "sympy", "psycopg", "redis", "rich", "pydantic_settings"}
COMMANDS = (
    *("up", "demo", "generate", "bench", "doctor", "migrate", "jobs", "datasets", "benchmarks", "keys", "skills"),
    *("models", "check", "probe", "sandbox", "train"),
)


def loaded_by(code: str) -> set[str]:
    """Names of the modules that a fresh interpreter has loaded after the code."""
    code = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout))


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    loaded = loaded_by("import propound.cli, propound.cli.app")
    assert "typer" in loaded
    assert not loaded & {*HEAVY, "pydantic"}


@pytest.mark.parametrize("words", [["--help"], ["generate", "--help"], ["skills", "--help"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    loaded = loaded_by(
        "import contextlib, io, propound.cli\n"
        f"sys.argv = {['propound', *words]!r}\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): propound.cli.main()"
    )
    assert "typer" in loaded
    assert not loaded & HEAVY


def test_help_names_every_command(tmp_path: Path) -> None:
    said = propound("--help", folder=tmp_path)
    assert said.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command} " in said.stdout
        assert propound(command, "--help", folder=tmp_path).returncode == 0


def test_domains_are_those_of_the_records() -> None:
    assert [name.value for name in DomainName] == [domain.value for domain in Domain]
    assert [name.value for name in ModeName] == [mode.value for mode in Mode]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "No such command"),
        (["demo", "--count", "0"], "--count"),
        (["generate", "--count", "1", "--domain", "poetry"], "poetry"),
        (["jobs", "list"], "PROPOUND_API_KEY"),
        (["generate", "--count", "5", "--min-skills", "3", "--max-skills", "2"], "minimum_skills is larger"),
        (
            ["generate", "--count", "5", "--min-pass-rate", "0.9", "--max-pass-rate", "0.2"],
            "minimum is larger than maximum",
        ),
        (
            ["jobs", "list", "--url", "http://127.0.0.1:1", "--key", "pp_x"],
            "no answer from http://127.0.0.1:1",
        ),
        (["jobs", "show", "../keys", "--url", "http://127.0.0.1:1", "--key", "pp_x"], "is no id"),
        (["skills", "show", "no-such-skill"], "no-such-skill"),
        (["demo", "--out", "/proc/nowhere"], "cannot write"),
        (["probe", "/dev/null", "--prober", "no-such"], "no solver 'no-such'"),
        (["probe", "/no/file", "--prober", "no-such"], "cannot be read"),
    ],
)
def test_wrong_use_is_told_in_words(tmp_path: Path, words: list[str], said: str) -> None:
    run = propound(*words, folder=tmp_path)
    assert run.returncode != 0
    assert said in run.stderr
    assert "Traceback" not in run.stderr
