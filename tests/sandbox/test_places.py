"""Many threads, few places: no more programs at once than there are places, and all of them run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

from propound.sandbox import Execution, Program, Sandbox, open_sandbox
from propound.sandbox.places import PlacedSandbox


class Counting:
    """Runs programs for real, two at a time and never more; keeps count."""

    def __init__(self, together: int) -> None:
        self.inner = open_sandbox()
        self.lock, self.barrier = Lock(), Barrier(together)
        self.running = self.most = 0

    @property
    def tier(self) -> str:
        return self.inner.tier

    def run(self, program: Program) -> Execution:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.barrier.wait(timeout=60)
        try:
            return self.inner.run(program)
        finally:
            with self.lock:
                self.running -= 1


def test_as_many_programs_run_at_once_as_there_are_places() -> None:
    counting = Counting(together=2)
    sandbox = PlacedSandbox(counting, places=2)
    assert isinstance(sandbox, Sandbox)
    assert sandbox.tier == counting.tier
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: sandbox.run(Program(f"print(input(), {n})", stdin=b"n =")), range(8)))
    assert [each.stdout for each in made] == [b"n = %d\n" % n for n in range(8)]
    assert counting.most == 2
