"""`propound check`: results, exit codes, and a batch that nothing stops."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from propound.cli.check import LONGEST_LINE, row
from tests.cli.commands import PROGRAM, environment, propound


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["1/2", "0.5"], 0, "equal (rational)"),
        (["--kind", "set", "{1, 2}", "(1, 2)"], 1, "not equal (set)"),
        ([r"\log 2", r"\ln 2"], 2, "undecided (expression)"),
        (["-5", "-5.0"], 0, "equal (integer)"),
        (["-x+1", "1-x"], 0, "equal (expression)"),
        (["--kind", "literal-text", "a", "a"], 0, "equal (text)"),
        (["--tolerance", "0.1", "--kind", "real", "10.0", "10.9"], 0, "equal (real)"),
        (["5", "\udcff[31m"], 2, "undecided (integer)"),
    ],
)
def test_one_answer(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    run = propound("check", *words, folder=tmp_path)
    assert (run.returncode, run.stderr) == (code, "")
    assert run.stdout.startswith(said)


def test_json(tmp_path: Path) -> None:
    run = propound("check", "--json", "5", "6", folder=tmp_path)
    assert run.returncode == 1
    assert json.loads(run.stdout) == {"result": "not_equal", "kind": "integer", "reason": "another number"}


@pytest.mark.parametrize(
    "words",
    [
        *(
            [],
            ["5"],
            ["5", "5", "5"],
            ["--kind", "poetry", "5", "5"],
            ["--kind"],
            ["--tolerance", "x", "5", "5"],
        ),
        *(["--tolerance", "2", "5", "5"], ["--batch", "/proc/nowhere"], ["--batch", "--kind", "set"]),
    ],
)
def test_wrong_use_has_its_own_exit_code(tmp_path: Path, words: list[str]) -> None:
    run = propound("check", *words, folder=tmp_path)
    assert (run.returncode, run.stdout) == (64, "")
    assert run.stderr
    assert "Traceback" not in run.stderr


def batch(tmp_path: Path, content: bytes) -> list[dict[str, str | None]]:
    """The rows that a batch from standard input gives."""
    run = subprocess.run(
        [*PROGRAM, "check", "--batch"],
        input=content,
        env=environment(tmp_path),
        capture_output=True,
        check=True,
    )
    assert run.stderr == b""
    return [json.loads(line) for line in run.stdout.decode("ascii").splitlines()]


def test_nothing_stops_a_batch(tmp_path: Path) -> None:
    lines = [
        (b'\xef\xbb\xbf{"gold": "1/2", "answer": "0.5"}', "equal"),
        (b'{"gold": "5", "answer": "6", "kind": "integer", "id": 7}', "not_equal"),
        (b"no json", "undecided"),
        (b"", "undecided"),
        (b"[" * 100_000, "undecided"),
        (b'{"gold":' * 100_000, "undecided"),
        (b'{"gold": "5"}', "undecided"),
        (b'["5", "5"]', "undecided"),
        (b'{"gold": null, "answer": "5"}', "undecided"),
        (b'{"gold": "5", "answer": ["5"]}', "undecided"),
        (b'{"gold": "5", "answer": "5", "kind": "poetry"}', "undecided"),
        (b'{"gold": "5", "answer": "5", "kind": 5}', "undecided"),
        (b'{"gold": "5", "answer": "\\ud800"}', "undecided"),
        (b'{"gold": "5", "answer": "5\\u0000"}', "undecided"),
        (b'{"gold": "5", "answer": "\xff\xfe"}', "undecided"),
        (b"\x00\x00", "undecided"),
        (b'{"gold": "5", "answer": "' + b"5" * LONGEST_LINE + b'"}', "undecided"),
        (b'{"gold": 0.50, "answer": 5e-1, "kind": "rational"}', "equal"),
        (b'{"gold": ' + b"9" * 9_000 + b', "answer": "5"}', "undecided"),
        (b'{"gold": true, "answer": "yes"}', "equal"),
        (b'{"gold": "5", "answer": "5", "relative_tolerance": "x"}', "undecided"),
        (b'{"gold": "5", "answer": "5", "kind": "auto"}', "equal"),
        (b'{"gold": "10.0", "answer": "10.9", "kind": "real", "relative_tolerance": 0.1}', "equal"),
    ]
    found = batch(tmp_path, b"\n".join(line for line, _ in lines) + b"\n\n\n")
    assert [one["result"] for one in found] == [result for _, result in lines]
    assert all(one.keys() == {"result", "kind", "reason"} and one["reason"] for one in found)


def test_a_batch_from_a_file_in_order(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"gold": str(n), "answer": str(n % 3)}) + "\n" for n in range(30)))
    run = propound("check", "--batch", str(path), folder=tmp_path)
    results = [json.loads(line)["result"] for line in run.stdout.splitlines()]
    assert results == ["equal" if n < 3 else "not_equal" for n in range(30)]


def test_an_empty_batch_is_empty(tmp_path: Path) -> None:
    assert batch(tmp_path, b"") == []


def test_reasons_are_ascii() -> None:
    for kind in ("integer", "set", "interval", "chemical_formula", "matrix", "equation", "quantity", "text"):
        found = row(json.dumps({"gold": "5 ∪ m", "answer": "∞ \x1b[31m", "kind": kind}).encode())
        assert str(found["reason"]).isascii()
