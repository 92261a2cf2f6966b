"""What isolation costs: `python -m tests.sandbox.measure [--fusion URL]`. Not a test; figures depend on the machine.

The same program with sympy runs warm and cold in every tier, in a bare fork of a process that has imported the same
modules (the floor) and, where the address of a running SandboxFusion is given, there; in turns, so that all meet the
same load. Then how many run in a second, two at a time, and how late a program is ended whose time is over.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

from propound.sandbox import ExecutionStatus, Limits, Program, Sandbox, available_tiers, open_sandbox
from propound.sandbox.isolated import SCRATCH
from propound.sandbox.runtime import this_runtime
from propound.sandbox.warm import WarmSandbox
from propound.sandbox.warmth import warmth_for
from propound.skills import default_library
from propound.skills.library import TOOLKIT_ROOT
from propound.skills.toolkit import CATALOGUE

ROUNDS = 150
SLOW_EVERY = 10
"""Cold ways take this many times longer, so they take part in one of so many rounds."""
AT_ONCE = 2
BURST = 600
LATE = 20
LIMIT_S = 0.5

SYMPY = "import sympy; print(sympy.Integer(1))"
BUSY = "import signal\nfor n in (2, 15, 24): signal.signal(n, signal.SIG_IGN)\nwhile True: pass"
ASLEEP = "import time\nwhile True: time.sleep(60)"


def main() -> None:
    """Print one line for each way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fusion", metavar="URL", help="a running SandboxFusion")
    chosen = parser.parse_args()
    boxes = [open_sandbox(tier) for tier in available_tiers()]
    print("milliseconds: median (95th percentile), times the bare fork")
    measure("standard library", boxes, "print(1)", {}, (), chosen.fusion)
    measure("sympy", boxes, SYMPY, {}, (), chosen.fusion)
    name = "block-cuts"
    catalogue = {CATALOGUE: json.dumps(default_library().catalogue((name,))).encode()}
    draw = f"from toolkit import draw; draw([{name!r}], 7)"
    measure("toolkit draw", boxes, draw, catalogue, (TOOLKIT_ROOT,), None)
    for box in boxes:
        rates = ", ".join(f"{rate(box, program):.0f} ({title})" for title, program in
                          (("standard library", "print(1)"), ("sympy", SYMPY)))  # fmt: skip
        print(f"{box.tier}: {rates} a second, {AT_ONCE} at a time")
    for box in boxes:
        for title, program in (("busy", BUSY), ("asleep", ASLEEP)):
            late = [lateness_ms(box, program) for _ in range(LATE)]
            print(
                f"{box.tier}: a program that is {title} is ended {median(late):.1f} ms late, at most {max(late):.1f}"
            )


def measure(
    title: str,
    boxes: Sequence[Sandbox],
    program: str,
    files: Mapping[str, bytes],
    python_path: tuple[Path, ...],
    fusion: str | None,
) -> None:
    """Take turns."""
    bare = BareFork(program, files, python_path)

    def run(box: Sandbox) -> bytes:
        execution = box.run(Program(program, files=files, python_path=python_path))
        assert execution.succeeded, execution
        return execution.stdout

    ways: dict[str, Callable[[], bytes]] = {"bare fork": bare.run}
    slow: dict[str, Callable[[], bytes]] = {}
    for box in boxes:
        (ways if isinstance(box, WarmSandbox) else slow)[box.tier] = lambda box=box: run(box)  # type: ignore[misc]
        if isinstance(box, WarmSandbox):
            slow[f"{box.cold.tier}, cold"] = lambda box=box: run(box.cold)  # type: ignore[misc]
    if fusion:
        slow["SandboxFusion"] = lambda: run_elsewhere(fusion, program)
    taken: dict[str, list[float]] = {way: [] for way in (*ways, *slow)}
    assert len({call() for call in (*ways.values(), *slow.values())}) == 1
    for number in range(ROUNDS):
        for way, call in (ways if number % SLOW_EVERY else {**ways, **slow}).items():
            started = time.perf_counter()
            call()
            taken[way].append((time.perf_counter() - started) * 1e3)
    bare.end()
    floor = median(taken["bare fork"])
    for way, times in taken.items():
        p95 = quantiles(times, n=20)[-1]
        print(f"{title}: {way}: {median(times):.2f} ({p95:.2f}), x {median(times) / floor:.1f}")


def run_elsewhere(url: str, program: str) -> bytes:
    """What the program prints in a SandboxFusion."""
    body = json.dumps({"code": program, "language": "python"}).encode()
    request = urllib.request.Request(f"{url}/run_code", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        said: str = json.load(answer)["run_result"]["stdout"]
    return said.encode()


def rate(box: Sandbox, program: str) -> float:
    """Programs in a second."""
    number = BURST if isinstance(box, WarmSandbox) else BURST // 20
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(box.run, [program] * 4 * AT_ONCE))
        started = time.monotonic()
        assert all(execution.succeeded for execution in pool.map(box.run, [program] * number))
        return number / (time.monotonic() - started)


def lateness_ms(box: Sandbox, program: str) -> float:
    """How long after its limit a program has ended and the answer is there; the way to its first line included."""
    started = time.monotonic()
    execution = box.run(Program(program, limits=Limits(wall_s=LIMIT_S, cpu_s=5)))
    taken = time.monotonic() - started
    assert (execution.status, execution.reason) == (ExecutionStatus.KILLED, "wall")
    return (taken - LIMIT_S) * 1e3


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
        for path, names in warmth_for(Program(program, python_path=python_path)).modules(this_runtime()):
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
