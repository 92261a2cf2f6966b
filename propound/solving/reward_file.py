"""Writes `propound_reward.py`, the one file that trainers load: the code of `propound grade` itself, packed.

The same modules give the same bytes.
"""

from __future__ import annotations

import ast
import base64
import io
import textwrap
import zipfile
from pathlib import Path

NAME = "propound_reward.py"

_ROOT = Path(__file__).parent.parent.parent
_FIRST = "propound.solving.rewards"
_ISOLATED = "propound/sandbox/inside/*.py"
"""Modules that nobody imports: they are run, in processes of their own."""
_YEAR = (1980, 1, 1, 0, 0, 0)

_HEAD = '''"""Rewards for rows of Propound's exports, as `propound grade` gives them: 1.0 if right, else 0.0.

verl        custom_reward_function.path=/path/to/propound_reward.py        (the name, compute_score, is verl's default)
            Reads data_source, reward_model.ground_truth and extra_info.grading; rows of others go to verl's own.
TRL         from propound_reward import propound_reward
            GRPOTrainer(..., reward_funcs=propound_reward)
            Reads the columns answer, answer_kind and info; None, which TRL leaves out, where there is no score.
verifiers   from propound_reward import verifiers_reward
            Rubric(funcs=[verifiers_reward])
            Reads answer and info.

Needs Python 3.11 or newer with pydantic, sympy and pint. Propound itself is used where it is installed and has these
rewards; where not, its modules are unpacked from the end of this file into a temporary folder of this process.

Replies to coding rows hold programs that nobody vouches for. They run in Propound's sandbox on this machine (Linux with
user namespaces, Landlock or bubblewrap) and nowhere else. Without a sandbox, mathematics and science are scored all the
same, and coding rows get no score: None in TRL, an error that says what is missing in verl and verifiers.

Written by `propound reward-file`; to be replaced, not edited.
"""

import atexit
import base64
import importlib.util
import io
import os
import shutil
import sys
import tempfile
import zipfile

__all__ = ["compute_score", "propound_reward", "verifiers_reward"]

if sys.version_info < (3, 11):
    raise ImportError("propound_reward needs Python 3.11 or newer")
_missing = [name for name in ("pydantic", "sympy", "pint") if importlib.util.find_spec(name) is None]
if _missing:
    raise ImportError("propound_reward needs: pip install " + " ".join(_missing))


def _unpack():
    folder, owner = tempfile.mkdtemp(prefix="propound-reward-"), os.getpid()
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(_MODULES))) as archive:
        archive.extractall(folder)
    sys.path.append(folder)
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(folder, ignore_errors=True))


_MODULES = """
'''
_TAIL = '''
"""

if "propound" not in sys.modules and importlib.util.find_spec("propound") is None:
    _unpack()
try:
    from propound.solving.rewards import compute_score, propound_reward, verifiers_reward
except ModuleNotFoundError as error:
    raise ImportError("the Propound that is installed here has no rewards; update it or take it away") from error
'''


def reward_file() -> str:
    """The text of the file."""
    packed = base64.b64encode(_archive()).decode("ascii")
    return _HEAD + "\n".join(textwrap.wrap(packed, 120)) + _TAIL


def _archive() -> bytes:
    files = {*_ROOT.glob(_ISOLATED), *_imported()}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(files):
            entry = zipfile.ZipInfo(file.relative_to(_ROOT).as_posix(), _YEAR)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return written.getvalue()


def _imported() -> set[Path]:
    """The files of all modules of ours that the rewards import, and those that these import."""
    found: set[Path] = set()
    waiting = [_FIRST]
    while waiting:
        file = _file(waiting.pop())
        if file is None or file in found:
            continue
        found.add(file)
        module = file.relative_to(_ROOT).with_suffix("").parts
        package = module[:-1]
        waiting += [".".join(package[:end]) for end in range(1, len(package) + 1)]
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                waiting += [name.name for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                above = package[: len(package) + 1 - node.level] if node.level else ()
                source = ".".join([*above, *filter(None, [node.module])])
                waiting += [source, *(f"{source}.{name.name}" for name in node.names)]
    return found


def _file(module: str) -> Path | None:
    """Where a module of ours is; None for those of others, and for what is no module."""
    if module.partition(".")[0] != "propound":
        return None
    place = _ROOT.joinpath(*module.split("."))
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)
