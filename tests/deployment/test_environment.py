"""The Makefile and the script that makes its environment, on a machine that has only Python."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
COMMANDS = ("demo", "test", "lint", "bench", "up", "clean")


@pytest.fixture
def script() -> ModuleType:
    """`.ci/environment.py` as a module."""
    spec = importlib.util.spec_from_file_location("environment", ROOT / ".ci" / "environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is inherited
        pass


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package index of our own, named in PIP_INDEX_URL; the folder of its page of pip."""
    folder = tmp_path / "simple" / "pip"
    folder.mkdir(parents=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_address[1]}/simple")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield folder
    server.shutdown()
    server.server_close()
    thread.join()


def test_help_lists_every_command_with_a_line() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for command in COMMANDS:
        assert re.search(rf"^  make {command} +\S", said, re.MULTILINE)


def test_ci_calls_the_test_command_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith(("#", "set ", "cd "))] == ["exec make test"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_versions_of_all_requirements_are_pinned_and_the_base_has_no_torch() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pinned = dict(line.split("==") for line in lines)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    for requirement in map(Requirement, needed):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)])
    base = {canonicalize_name(Requirement(each).name) for each in project["dependencies"]}
    assert not {"torch", "vllm", "transformers"} & base


def test_second_run_does_nothing(script: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "propound-base.stamp").write_text(script.fingerprint())
    script.main([str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["propound-base.stamp"]


def test_pip_is_fetched_from_the_index_and_checked(script: ModuleType, index: Path, tmp_path: Path) -> None:
    for name in ("pip-9.0-py3-none-any.whl", "pip-10.1-py3-none-any.whl", "pip-11.0rc1-py3-none-any.whl"):
        (index / name).write_bytes(name.encode())
    digest = hashlib.sha256(b"pip-10.1-py3-none-any.whl").hexdigest()
    links = [
        '<a href="pip-9.0-py3-none-any.whl">old</a>',
        f'<a href="pip-10.1-py3-none-any.whl#sha256={digest}">new</a>',
        '<a href="pip-11.0rc1-py3-none-any.whl">too new</a>',
        '<a href="pip-12.0-py3-none-any.whl" data-yanked="">withdrawn</a>',
        '<a href="pip-13.0.tar.gz">source</a>',
    ]
    (index / "index.html").write_text("\n".join(links))
    assert script.fetch_pip(tmp_path).name == "pip-10.1-py3-none-any.whl"
    (index / "pip-10.1-py3-none-any.whl").write_bytes(b"something else")
    with pytest.raises(SystemExit, match="not what the index says"):
        script.fetch_pip(tmp_path)
    (index / "index.html").write_text("")
    with pytest.raises(SystemExit, match="no wheel of pip"):
        script.fetch_pip(tmp_path)


def test_page_as_json(script: ModuleType) -> None:
    files = [
        {"filename": "pip-1.0-py3-none-any.whl", "url": "../../f/pip-1.0.whl", "hashes": {"sha256": "ab"}},
        {"filename": "pip-2.0-py3-none-any.whl", "url": "x", "hashes": {}, "yanked": "bad"},
    ]
    page = json.dumps({"files": files}).encode()
    listed = script.listed(page, script.JSON, "https://index.example/simple/pip/")
    assert listed == {"pip-1.0-py3-none-any.whl": ("https://index.example/f/pip-1.0.whl", "ab")}


def test_environment_without_ensurepip(
    script: ModuleType, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian without python3-venv: pip's own wheel, run from the file, installs itself."""
    program = "import sys, pathlib; pathlib.Path(sys.prefix, 'asked').write_text(str(sys.argv[1:]))"
    wheel = index / "pip-99.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("pip/__main__.py", program)
    (index / "index.html").write_text(f'<a href="{wheel.name}">pip</a>')
    monkeypatch.setattr(script.importlib.util, "find_spec", lambda _: None)
    folder = tmp_path / "environment"
    script.create(folder, folder / "bin" / "python")
    asked = (folder / "asked").read_text()
    assert "'install'" in asked
    assert wheel.name in asked
    assert not script.works(folder / "bin" / "python", "pip")


def test_old_python_is_refused(script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "OLDEST", (99, 0))
    with pytest.raises(SystemExit, match=sys.executable):
        script.main([str(tmp_path)])
