"""Which files of the host make up the Python runtime: all that a program sees besides its own and what it is
given."""

from __future__ import annotations

import os
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


@dataclass(frozen=True, slots=True)
class Runtime:
    """An interpreter and the folders that it needs."""

    interpreter: Path
    """The real binary: a virtual environment's link would look for its configuration."""
    folders: tuple[Path, ...]
    import_path: tuple[Path, ...]
    """The standard library."""
    packages: tuple[Path, ...]
    """Installed packages, at the end of the search path."""
    libraries: Path | None
    """Where the interpreter's own shared library is, when not among the system's."""


@cache
def this_runtime() -> Runtime:
    """The runtime of the running interpreter."""
    interpreter = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    standard = _unique(sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
    standard += [folder / "lib-dynload" for folder in standard if (folder / "lib-dynload").is_dir()]
    packages = _unique(sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
    shared = Path(sysconfig.get_config_var("LIBDIR") or "/", sysconfig.get_config_var("INSTSONAME") or "none")
    own_library = [shared] if shared.is_file() else []
    return Runtime(
        interpreter=interpreter,
        folders=tuple(_outermost([interpreter, *own_library, *_system_libraries(), *standard, *packages])),
        import_path=tuple(standard),
        packages=tuple(packages),
        libraries=shared.parent if own_library else None,
    )


def exposed_paths(paths: list[Path]) -> list[tuple[str, str]]:
    """Path in the sandbox and real path on the host, outer folders first; FileNotFoundError if missing."""
    outermost = _outermost([absolute(path) for path in paths])
    return [(str(path), str(path.resolve(strict=True))) for path in outermost]


def absolute(path: Path) -> Path:
    """``path`` from the root, its links kept: a program finds it under the name that was given."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve would follow links


def _system_libraries() -> list[Path]:
    """Where the dynamic linker looks: the machine's own folder where there is one (Debian), else all
    libraries."""
    triplet = sysconfig.get_config_var("MULTIARCH") or ""
    narrow = [Path(root, triplet) for root in ("/lib", "/usr/lib")] if triplet else []
    found = [folder for folder in narrow if folder.is_dir()] or [Path("/lib"), Path("/usr/lib")]
    return [folder for folder in (*found, Path("/lib64"), Path("/usr/lib64")) if folder.is_dir()]


def _unique(*folders: str | None) -> list[Path]:
    return list(dict.fromkeys(Path(folder) for folder in folders if folder and Path(folder).is_dir()))


def _outermost(paths: list[Path]) -> list[Path]:
    """``paths`` sorted, without those that a folder among them shows anyway."""
    kept: list[Path] = []
    for path in sorted(set(paths)):
        real = path.resolve()
        shown = (outer.resolve() / path.relative_to(outer) for outer in kept if path.is_relative_to(outer))
        if real not in shown:
            kept.append(path)
    return kept
