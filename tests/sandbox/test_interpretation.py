"""Every ending has one name."""

from __future__ import annotations

import pytest

from propound.sandbox import ExecutionStatus, Limits
from propound.sandbox.draining import Outcome, Stream
from propound.sandbox.interpretation import interpret
from propound.sandbox.request import Report

FINISHED, KILLED = ExecutionStatus.FINISHED, ExecutionStatus.KILLED
REFUSED, FAILED = ExecutionStatus.REFUSED, ExecutionStatus.FAILED


def outcome(status: int, cause: str = "", cpu_ms: float = 5.0, *, flooded: bool = False) -> Outcome:
    report: Report = {"status": status, "cause": cause, "wall_ms": 7.0, "cpu_ms": cpu_ms, "max_rss_kb": 9000}
    return Outcome(report, Stream(10), Stream(10), flooded)


@pytest.mark.parametrize(
    ("given", "status", "exit_code", "reason"),
    [
        (outcome(0), FINISHED, 0, ""),
        (outcome(3 << 8), FINISHED, 3, ""),
        (outcome(9, "wall"), KILLED, None, "wall"),
        (outcome(0, "wall"), KILLED, None, "wall"),
        (outcome(9, "files"), KILLED, None, "files"),
        (outcome(9, "refused ptrace"), REFUSED, None, "ptrace"),
        (outcome(31), REFUSED, None, "system call"),
        (outcome(9, "stopped", flooded=True), KILLED, None, "output"),
        (outcome(9, "stopped"), FAILED, None, "stopped"),
        (outcome(24, cpu_ms=2000), KILLED, None, "cpu"),
        (outcome(24, cpu_ms=5), KILLED, None, "signal SIGXCPU"),
        (outcome(9, cpu_ms=2990), KILLED, None, "cpu"),
        (outcome(16, cpu_ms=2990), KILLED, None, "memory"),
        (outcome(9, cpu_ms=1900), KILLED, None, "memory"),
        (outcome(25), KILLED, None, "files"),
        (outcome(11), KILLED, None, "signal SIGSEGV"),
        (outcome(11 | 0x80), KILLED, None, "signal SIGSEGV"),
        (outcome(50), KILLED, None, "signal 50"),
    ],
)
def test_an_ending_is_named(given: Outcome, status: ExecutionStatus, exit_code: int | None, reason: str) -> None:
    execution = interpret(given, Limits(cpu_s=2))
    assert (execution.status, execution.exit_code, execution.reason) == (status, exit_code, reason)


def test_a_failure_of_the_sandbox_says_nothing_about_the_program() -> None:
    execution = interpret(Outcome({"failed": "mount /: no"}, Stream(10), Stream(10), flooded=False), Limits())
    assert (execution.status, execution.exit_code, execution.reason) == (FAILED, None, "mount /: no")
    assert not execution.succeeded


def test_a_stream_keeps_its_beginning() -> None:
    stream = Stream(5)
    for chunk in (b"abc", b"def", b"ghi"):
        stream.add(chunk)
    assert (bytes(stream.kept), stream.total, stream.is_flood) == (b"abcde", 9, False)
    stream.add(b"x" * 1000)
    assert (bytes(stream.kept), stream.is_flood) == (b"abcde", True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"wall_s": 0.0}, {"cpu_s": -1.0}, {"memory_mb": 0}, {"processes": 0}, {"output_bytes": 0},
        {"file_mb": 0}, {"open_files": 7}, {"open_files": 513}, {"wall_s": float("nan")},
    ],
)  # fmt: skip
def test_limits_that_make_no_sense_are_errors(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Limits(**wrong)  # type: ignore[arg-type]
