"""Makes the virtual environment that the Makefile's commands run in; needs nothing but Python itself.

    python3 .ci/environment.py FOLDER [EXTRA ...]

Installs this checkout (editable) with the versions of constraints.txt, and does nothing when that was done
before with the same pyproject.toml and constraints.txt. Where Python came without pip (Debian without
python3-venv), pip's own wheel is fetched from the package index.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
DEFAULT_INDEX = "https://pypi.org/simple"
TORCH_FOR_PROCESSORS = "https://download.pytorch.org/whl/cpu"
JSON = "application/vnd.pypi.simple.v1+json"


def main(words: list[str]) -> None:
    """Make or complete the environment in the folder `words[0]` with the extras after it."""
    if sys.version_info < OLDEST:
        raise SystemExit(f"Propound needs Python 3.11 or newer; {sys.executable} is {sys.version}")
    folder, extras = Path(words[0]).resolve(), sorted(words[1:])
    stamp = folder / f"propound-{'-'.join(extras) or 'base'}.stamp"
    key = fingerprint()
    if stamp.exists() and stamp.read_text() == key:
        return
    python = folder / "bin" / "python"
    if not works(python, "pip"):
        create(folder, python)
    print("Installing Propound and what it needs (about a minute, once) ...", flush=True)
    target = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    install = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    install += ["--constraint", str(ROOT / "constraints.txt")]
    if sys.platform == "linux" and {"test", "train"} & set(extras):
        # Gigabytes less than the package index's build; where its index is out of reach, that one is taken below.
        light = ["--no-deps", "--retries", "1", "--timeout", "20", "--extra-index-url", TORCH_FOR_PROCESSORS]
        subprocess.run([*install, *light, "torch"], check=False)
    run([*install, "--editable", target])
    stamp.write_text(key)


def fingerprint() -> str:
    """Identity of what an installation depends on."""
    parts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256(b"\0".join([*parts, sys.version.encode(), str(ROOT).encode()])).hexdigest()


def works(python: Path, module: str) -> bool:
    """Whether that interpreter exists and has the module."""
    if not python.exists():
        return False
    found = subprocess.run([str(python), "-c", f"import {module}"], capture_output=True, check=False)
    return found.returncode == 0


def create(folder: Path, python: Path) -> None:
    """An environment with pip in it."""
    print(f"Making the environment {folder} ...", flush=True)
    venv = [sys.executable, "-m", "venv", "--clear"]
    if importlib.util.find_spec("ensurepip") is not None:
        if subprocess.run([*venv, str(folder)], check=False).returncode == 0:
            return
        print("It came without pip; fetching pip by itself.", flush=True)
    run([*venv, "--without-pip", str(folder)])
    with tempfile.TemporaryDirectory() as scratch:
        wheel = fetch_pip(Path(scratch))
        pip = [str(python), str(wheel / "pip"), "--disable-pip-version-check"]
        run([*pip, "install", "--quiet", str(wheel)])


def fetch_pip(folder: Path) -> Path:
    """The newest wheel of pip that the index offers, checked against the index's hash."""
    index = os.environ.get("PIP_INDEX_URL", DEFAULT_INDEX).rstrip("/") + "/pip/"
    content, kind = fetch(index)
    files = listed(content, kind, index)
    matches = filter(None, (re.fullmatch(r"pip-([\d.]+)-py3-none-any\.whl", name) for name in files))
    wheels = {tuple(map(int, match[1].split("."))): match[0] for match in matches}
    if not wheels:
        raise SystemExit(f"{index} offers no wheel of pip")
    name = wheels[max(wheels)]
    url, wanted = files[name]
    data, _ = fetch(url)
    if wanted and hashlib.sha256(data).hexdigest() != wanted:
        raise SystemExit(f"{url} is not what the index says it is")
    path = folder / name
    path.write_bytes(data)
    return path


def listed(content: bytes, kind: str, index: str) -> dict[str, tuple[str, str]]:
    """File name -> (address, sha256 or "") of a page of the simple index, in either of its forms."""
    if "json" in kind:
        page: dict[str, Any] = json.loads(content)
        return {
            file["filename"]: (urljoin(index, file["url"]), file.get("hashes", {}).get("sha256", ""))
            for file in page["files"]
            if not file.get("yanked")
        }
    found = {}
    for tag in re.findall(r"<a\s[^>]*>", content.decode()):
        link = re.search(r'href="([^"]+)"', tag)
        if link and "data-yanked" not in tag:
            address, _, fragment = link[1].replace("&amp;", "&").partition("#")
            digest = fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else ""
            found[address.rsplit("/", 1)[-1]] = (urljoin(index, address), digest)
    return found


def fetch(url: str) -> tuple[bytes, str]:
    """Content and type at an address; proxies and certificates as pip takes them."""
    context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or None)
    request = urllib.request.Request(  # noqa: S310  # the user's own index
        url, headers={"Accept": f"{JSON}, text/html;q=0.5, */*;q=0.1"}
    )
    with urllib.request.urlopen(request, timeout=120, context=context) as answer:  # noqa: S310
        return answer.read(), answer.headers.get("Content-Type", "")


def run(command: list[str]) -> None:
    """Run a command; end with its exit code when it fails."""
    code = subprocess.run(command, check=False).returncode
    if code:
        raise SystemExit(f"failed with exit code {code}: {' '.join(command)}")


if __name__ == "__main__":
    main(sys.argv[1:])
