"""What isolation costs: `python -m tests.sandbox.measure [TIER]`. Not a test; figures depend on the machine.

The same programs run warm, cold, and in a bare fork of a process that has imported the same modules, in turns, so
that all three meet the same load.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

from propound.sandbox import Sandbox, open_sandbox
from propound.sandbox.isolated import SCRATCH
from propound.sandbox.runtime import this_runtime
from propound.sandbox.warm import WarmSandbox
from propound.sandbox.warmth import warmth_for
from propound.skills import default_library
from propound.skills.library import TOOLKIT_ROOT
from propound.skills.toolkit import CATALOGUE

ROUNDS = 150
COLD_EVERY = 15


def main() -> None:
    """Print one line for each program, and how many run in a second."""
    sandbox = open_sandbox(sys.argv[1] if len(sys.argv) > 1 else None)
    assert isinstance(sandbox, WarmSandbox), f"no warm sandbox here: {sandbox.tier}"
    library = default_library()
    name = "block-cuts"
    catalogue = {CATALOGUE: json.dumps(library.catalogue((name,))).encode()}
    print(f"{sandbox.tier}; milliseconds: median (95th percentile)")
    measure("standard library", sandbox, "print(1)", {}, ())
    measure("sympy", sandbox, "import sympy; print(sympy.Integer(1))", {}, ())
    measure(
        "toolkit draw", sandbox, f"from toolkit import draw; draw([{name!r}], 7)", catalogue, (TOOLKIT_ROOT,)
    )
    with ThreadPoolExecutor(2) as pool:
        for program in ("print(1)", "import sympy; print(1)"):
            list(pool.map(sandbox.run, [program] * 8))
            started = time.monotonic()
            list(pool.map(sandbox.run, [program] * 400))
            print(f"{400 / (time.monotonic() - started):.0f} a second, two at a time: {program}")


def measure(
    title: str, sandbox: WarmSandbox, program: str, files: Mapping[str, bytes], python_path: tuple[Path, ...]
) -> None:
    """Take turns."""
    bare = BareFork(program, files, python_path)

    def run(box: Sandbox) -> bytes:
        execution = box.run(program, files=files, python_path=python_path)
        assert execution.succeeded, execution
        return execution.stdout

    ways: dict[str, Callable[[], bytes]] = {
        "warm": lambda: run(sandbox), "cold": lambda: run(sandbox.cold), "bare fork": bare.run,
    }  # fmt: skip
    taken: dict[str, list[float]] = {way: [] for way in ways}
    assert len({way() for way in ways.values()}) == 1
    for number in range(ROUNDS):
        for way, call in ways.items():
            if way != "cold" or number % COLD_EVERY == 0:
                started = time.perf_counter()
                call()
                taken[way].append((time.perf_counter() - started) * 1e3)
    bare.end()
    said = [f"{way} {median(times):.2f} ({quantiles(times, n=20)[-1]:.2f})" for way, times in taken.items()]
    ratios = f"{median(taken['warm']) / median(taken['bare fork']):.1f} x bare fork"
    print(
        f"{title}: {', '.join(said)}; {ratios}, cold / warm {median(taken['cold']) / median(taken['warm']):.0f}"
    )


class BareFork:
    """The floor: a process that has imported the same and forks for each program, isolating nothing."""

    def __init__(self, program: str, files: Mapping[str, bytes], python_path: tuple[Path, ...]) -> None:
        self._folder = Path(SCRATCH) / f"propound-measure-{os.getpid()}"
        self._folder.mkdir(exist_ok=True)
        for name, content in files.items():
            (self._folder / name).write_bytes(content)
        asked, ask = os.pipe()
        answer, answered = os.pipe()
        self._process = os.fork()
        if not self._process:
            os.close(ask)
            self._serve(asked, answered, program, python_path)
        os.close(asked)
        os.close(answered)
        self._ask, self._answer = ask, answer

    def _serve(self, asked: int, answered: int, program: str, python_path: tuple[Path, ...]) -> None:
        import gc
        import importlib

        os.chdir(self._folder)
        for path, names in warmth_for(program, python_path).modules(this_runtime()):
            sys.path[:0] = path
            for name in names:
                importlib.import_module(name)
        gc.collect()
        gc.freeze()
        while os.read(asked, 1):
            process = os.fork()
            if not process:
                os.dup2(answered, 1)
                exec(compile(program, "program", "exec"), {"__name__": "__main__"})
                sys.stdout.flush()
                os._exit(0)
            os.waitpid(process, 0)
            os.write(answered, b"\0")
        os._exit(0)

    def run(self) -> bytes:
        """What the program prints."""
        os.write(self._ask, b"x")
        said = b""
        while not said.endswith(b"\0"):
            said += os.read(self._answer, 65536)
        return said[:-1]

    def end(self) -> None:
        """Stop the process and remove its files."""
        os.close(self._ask)
        os.close(self._answer)
        os.waitpid(self._process, 0)
        for file in self._folder.iterdir():
            file.unlink()
        self._folder.rmdir()


if __name__ == "__main__":
    main()
