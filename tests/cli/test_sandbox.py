"""`propound sandbox run`: one line of JSON for each run, whatever the program does."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from propound.cli.sandbox import TierName
from propound.sandbox import Tier

from .commands import PROGRAM, environment, propound

FIELDS = ["status", "exit_code", "reason", "stdout", "stderr", "wall_ms", "cpu_ms", "max_rss_kb"]


def results(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_a_program_is_run_as_often_as_asked(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("print(6 * 7); raise SystemExit(3)")
    run = propound("sandbox", "run", "--repeat", "3", "a.py", folder=tmp_path)
    assert run.returncode == 0, run.stderr
    found = results(run.stdout)
    assert [list(result) for result in found] == [FIELDS] * 3
    assert {(r["status"], r["exit_code"], r["reason"], r["stdout"]) for r in found} == {
        ("finished", 3, "", "42\n")
    }


def test_the_program_may_come_from_standard_input_and_print_any_bytes(tmp_path: Path) -> None:
    run = subprocess.run(
        [*PROGRAM, "sandbox", "run", "-"],
        input=b"import os; os.write(1, b'a\\0\\xff\\xed\\xa0\\x80')",
        cwd=tmp_path,
        env=environment(tmp_path / ".propound"),
        capture_output=True,
        check=True,
    )
    [result] = results(run.stdout.decode("ascii"))
    assert result["stdout"].encode(errors="surrogateescape") == b"a\0\xff\xed\xa0\x80"


def test_the_program_reads_what_is_piped_or_named(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os\nprint(os.read(0, 99), end='')\nexit(int(input() or 0) if 0 else 3)")
    (tmp_path / "in").write_text("from the file")
    command = [*PROGRAM, "sandbox", "run", "a.py"]
    options: Any = {"cwd": tmp_path, "env": environment(tmp_path / ".propound"), "capture_output": True}
    [piped] = results(subprocess.run(command, input=b"1\n", check=True, **options).stdout.decode())
    assert (piped["stdout"], piped["exit_code"]) == ("b'1\\n'", 3)
    named_file = [*command, "--stdin", "in"]
    [named] = results(subprocess.run(named_file, input=b"1\n", check=True, **options).stdout.decode())
    assert named["stdout"] == "b'from the file'"
    reading, writing = os.pipe()
    try:
        late = subprocess.run([*command, "--timeout", "0.5"], stdin=reading, check=True, **options)
    finally:
        os.close(reading)
        os.close(writing)
    assert results(late.stdout.decode())[0]["stdout"] == "b''"
    assert b"did not end within 0.5 s" in late.stderr
    missing = subprocess.run([*command, "--stdin", "nowhere"], check=False, **options)
    assert missing.returncode == 2
    assert b"nowhere" in missing.stderr


def test_limits_and_profiles_hold(tmp_path: Path) -> None:
    (tmp_path / "fork.py").write_text("import os\nif os.fork(): print(os.wait()[1])")
    (tmp_path / "loop.py").write_text("while True: pass")
    (tmp_path / "eat.py").write_text("x = bytearray(200 << 20)")
    [pure] = results(propound("sandbox", "run", "fork.py", folder=tmp_path).stdout)
    assert pure["exit_code"] == 1
    [children] = results(
        propound("sandbox", "run", "--profile", "children", "fork.py", folder=tmp_path).stdout
    )
    assert children["stdout"] == "0\n"
    [loop] = results(
        propound("sandbox", "run", "--timeout", "0.3", "--cold", "loop.py", folder=tmp_path).stdout
    )
    assert (loop["status"], loop["reason"], loop["exit_code"]) == ("killed", "wall", None)
    [eat] = results(propound("sandbox", "run", "--memory", "100", "eat.py", folder=tmp_path).stdout)
    assert (eat["status"], eat["reason"]) == ("killed", "memory")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    run = propound("sandbox", "run", "missing.py", folder=tmp_path)
    assert run.returncode == 2
    assert "missing.py" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_tiers_are_those_of_the_sandbox() -> None:
    assert [name.value for name in TierName] == [tier.value for tier in Tier]
