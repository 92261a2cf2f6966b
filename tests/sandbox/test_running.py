"""What an ordinary program can count on."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from propound.sandbox import ExecutionStatus, Limits, Program, Sandbox

from .conftest import Run, descendants, is_alive


def test_a_program_finishes_with_what_it_printed(run: Run) -> None:
    execution = run("print(6 * 7)")
    assert (execution.status, execution.exit_code, execution.reason) == (ExecutionStatus.FINISHED, 0, "")
    assert (execution.stdout, execution.stderr, execution.truncated) == (b"42\n", b"", False)
    assert execution.succeeded
    assert execution.wall_ms > 0
    assert execution.cpu_ms > 0
    assert execution.max_rss_kb > 1000


def test_stdin_is_given(run: Run) -> None:
    assert run("import sys; print(sum(map(int, sys.stdin)))", stdin=b"1\n2\n3\n").stdout == b"6\n"


def test_stdin_may_be_larger_than_a_pipe(run: Run) -> None:
    execution = run("import sys; print(len(sys.stdin.buffer.read()))", stdin=b"x" * 3_000_000)
    assert execution.stdout == b"3000000\n"


def test_stdin_may_be_ignored(run: Run) -> None:
    assert run("pass", stdin=b"x" * 3_000_000).succeeded


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=2000))
def test_bytes_pass_through_unchanged(run: Run, data: bytes) -> None:
    execution = run("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())", stdin=data)
    assert execution.stdout == data


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("pass", 0),
        ("raise SystemExit", 0),
        ("import sys; sys.exit(3)", 3),
        ("import os; os._exit(7)", 7),
        ("raise SystemExit('no')", 1),
        ("raise SystemExit(-1)", 255),
        ("raise SystemExit(2 ** 70)", 255),
        ("raise SystemExit(True)", 1),
        ("exit()", 0),
        ("quit(4)", 4),
        ("exit('no')", 1),
        ("import sys; print(1); sys.stdout.close()", 0),
        ("1 / 0", 1),
        ("this is no Python", 1),
        ("print('\\ud800')", 1),
        ("print(1)\0", 1),
    ],
)
def test_a_program_that_ends_by_itself_is_finished(run: Run, ending: str, code: int) -> None:
    execution = run(ending)
    assert (execution.status, execution.exit_code) == (ExecutionStatus.FINISHED, code)


def test_lone_surrogates_in_the_source_are_the_programs_error(run: Run) -> None:
    execution = run("x = '\ud800'")
    assert (execution.status, execution.exit_code) == (ExecutionStatus.FINISHED, 1)
    assert b"surrogates not allowed" in execution.stderr


def test_a_traceback_shows_the_programs_lines_and_only_those(run: Run) -> None:
    execution = run("def half(x):\n    return x / 0\n\nhalf(1)\n")
    assert execution.stderr.startswith(b'Traceback (most recent call last):\n  File "program.py", line 4, in <')
    assert b"return x / 0" in execution.stderr
    assert b"launch.py" not in execution.stderr


def test_the_program_is_the_main_module(run: Run) -> None:
    program = "import sys, __main__\nx = 5\nprint(__name__, __main__.x, sys.argv)"
    assert run(program).stdout == b"__main__ 5 ['program.py']\n"


def test_what_runs_at_exit_runs(run: Run) -> None:
    program = (
        "import atexit, threading, time\n"
        "atexit.register(print, 'last')\n"
        "threading.Thread(target=lambda: (time.sleep(0.05), print('thread'))).start()\n"
    )
    assert run(program).stdout == b"thread\nlast\n"


def test_what_nobody_closed_is_written_out_at_the_end(run: Run) -> None:
    program = (
        "import sys\nclass Last:\n  def __del__(self): print('last', file=sys.stderr)\nlast = Last()\n"
        "def main():\n  out = open(1, 'w')\n  out.write('kept')\n  exit(0)\n"
        "sys.stdout.write('first, ')\nsys.stdout.flush()\nsys.stdout = None\nmain()"
    )
    execution = run(program)
    assert (execution.stdout, execution.exit_code) == (b"first, kept", 0)


def test_the_streams_have_their_usual_names(run: Run) -> None:
    program = (
        "from pathlib import Path\nprint(open('/dev/stdin').readline(), end='', flush=True)\n"
        "print(Path('/dev/fd/0').read_text(), flush=True)\nopen('/dev/stdout', 'w').write('out')\n"
        "with open('/dev/stderr', 'w') as file: file.write('err')"
    )
    execution = run(program, stdin=b"1\n2")
    assert (execution.stdout, execution.stderr) == (b"1\n\nout", b"err")


def test_an_event_loop_works(run: Run) -> None:
    program = "import asyncio\nasync def f():\n  await asyncio.sleep(0)\n  return 'ok'\nprint(asyncio.run(f()))"
    assert run(program).stdout == b"ok\n"


@pytest.mark.parametrize("package", ["sympy", "numpy"])
def test_installed_packages_are_there(run: Run, package: str) -> None:
    execution = run(f"import {package}; print({package}.__name__)")
    assert execution.stdout.decode().strip() == package, execution.stderr


def test_the_launcher_is_not_among_the_modules(run: Run) -> None:
    assert run("import sys; print([m for m in sys.modules if 'inside' in m])").stdout == b"[]\n"


def test_the_work_directory_is_private_and_holds_only_the_files(run: Run) -> None:
    program = (
        "import os\n"
        "print(sorted(os.listdir()), open('data/in.txt').read(), os.path.samefile('.', os.environ['HOME']))"
    )
    execution = run(program, files={"data/in.txt": b"seven", "helper.py": b""})
    assert execution.stdout == b"['data', 'helper.py'] seven True\n"


def test_files_can_be_imported(run: Run) -> None:
    assert run("import helper; print(helper.x)", files={"helper.py": b"x = 9"}).stdout == b"9\n"


def test_the_work_directory_can_be_used(run: Run) -> None:
    program = (
        "import os, shutil, tempfile\n"
        "with tempfile.TemporaryDirectory() as d: open(d + '/a', 'w').write('x')\n"
        "os.makedirs('a/b'); open('a/b/c', 'w').write('hello'); os.rename('a/b/c', 'c')\n"
        "open('c', 'a').write('!'); os.symlink('c', 'd'); shutil.copyfile('d', 'e'); print(open('e').read())\n"
    )
    assert run(program).stdout == b"hello!\n"


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "", ".", "a\0b"])
def test_a_file_name_that_leaves_the_work_directory_is_an_error(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(ValueError, match="not a name in the work directory"):
        sandbox.run(Program("pass", files={name: b""}))


def test_readable_folders_are_visible_at_their_path(run: Run, tmp_path: Path) -> None:
    folder = _open_folder(tmp_path / "library")
    (folder / "inner").mkdir()
    (folder / "inner" / "note.txt").write_text("here")
    execution = run(f"print(open({str(folder / 'inner' / 'note.txt')!r}).read())", readable=[folder])
    assert execution.stdout == b"here\n", execution.stderr


def test_a_readable_folder_may_be_named_by_a_link(run: Run, tmp_path: Path) -> None:
    folder = _open_folder(tmp_path / "real")
    (folder / "note.txt").write_text("here")
    (tmp_path / "link").symlink_to(folder)
    execution = run(f"print(open({str(tmp_path / 'link' / 'note.txt')!r}).read())", readable=[tmp_path / "link"])
    assert execution.stdout == b"here\n", execution.stderr


def test_python_path_is_searched(run: Run, tmp_path: Path) -> None:
    folder = _open_folder(tmp_path / "modules")
    (folder / "borrowed.py").write_text("x = 'lent'")
    assert run("import borrowed; print(borrowed.x)", python_path=[folder]).stdout == b"lent\n"


def test_a_missing_readable_folder_is_an_error(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sandbox.run(Program("pass", readable=[tmp_path / "missing"]))


def test_the_environment_is_minimal_and_hashing_is_repeatable(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "hunter2")
    program = "import os; print(hash('propound'), 'A_SECRET' in os.environ, 'hunter2' in str(os.environ))"
    first, second = run(program), run(program)
    assert first.stdout == second.stdout
    assert first.stdout.endswith(b" False False\n")


def test_another_hash_seed_is_another_order_of_sets_and_repeatable_too(run: Run) -> None:
    program = "print(*{f'word {n}' for n in range(40)})"
    ways = [run(program, hash_seed=seed).stdout for seed in (0, 1, 1)]
    assert ways[0] != ways[1] == ways[2]
    assert sorted(ways[0].split()) == sorted(ways[1].split())


def test_random_numbers_differ_from_run_to_run(run: Run) -> None:
    program = "import random, os, uuid; print(random.random(), os.urandom(8), uuid.uuid4())"
    assert run(program).stdout != run(program).stdout


def test_children_are_possible_where_allowed(run: Run) -> None:
    program = (
        "import os\npid = os.fork()\nif not pid: os._exit(5)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"
    )
    assert run(program, limits=Limits(processes=4)).stdout == b"5\n"


def test_output_beyond_the_cap_is_cut_and_the_program_goes_on(run: Run) -> None:
    program = "import sys\nfor _ in range(300): print('x' * 999)\nprint('end', file=sys.stderr)"
    execution = run(program, limits=Limits(output_bytes=5000))
    assert execution.succeeded
    assert execution.truncated
    assert (len(execution.stdout), execution.stderr) == (5000, b"end\n")


def test_one_sandbox_serves_many_threads(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(4) as pool:
        executions = list(pool.map(lambda n: sandbox.run(Program(f"print({n} ** 2)")), range(24)))
    assert [execution.stdout for execution in executions] == [b"%d\n" % n**2 for n in range(24)]


def test_a_forked_child_can_use_the_sandbox(sandbox: Sandbox) -> None:
    pid = os.fork()
    if not pid:
        code = 1
        try:
            code = 0 if sandbox.run(Program("print(1)")).stdout == b"1\n" else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_fork_that_holds_copies_of_the_pipes_does_not_delay_a_run(sandbox: Sandbox) -> None:
    """Another thread may fork while a program runs: the fork has the pipes' other ends and never closes them."""
    forks: list[int] = []
    release_read, release_write = os.pipe()

    def fork() -> None:
        pid = os.fork()
        if not pid:
            os.close(release_write)
            os.read(release_read, 1)
            os._exit(0)
        forks.append(pid)

    timer = threading.Timer(0.3, fork)
    timer.start()
    try:
        execution = sandbox.run(Program("import time; time.sleep(0.8); print(1)"))
    finally:
        timer.join()
        os.close(release_write)
        os.close(release_read)
        for pid in forks:
            os.waitpid(pid, 0)
    assert execution.stdout == b"1\n"
    assert forks


def test_a_program_ends_when_the_service_is_killed(sandbox: Sandbox) -> None:
    service = os.fork()
    if not service:
        sandbox.run(Program("import time; time.sleep(600)", limits=Limits(wall_s=600)))
        os._exit(0)
    started: set[int] = set()
    while len(started) < 2:  # the launcher and the program at least
        time.sleep(0.1)
        started = descendants(of=service).keys() - {service}
    time.sleep(0.3)
    started = descendants(of=service).keys() - {service}
    os.kill(service, signal.SIGKILL)
    os.waitpid(service, 0)
    for _ in range(200):
        if not any(is_alive(process) for process in started):
            return
        time.sleep(0.05)
    pytest.fail(f"still there: {started}")


def test_no_descriptor_is_left_open(sandbox: Sandbox) -> None:
    sandbox.run(Program("pass"))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        sandbox.run(Program("while True: print('x' * 1000)", limits=Limits(output_bytes=100)))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def _open_folder(folder: Path) -> Path:
    """A folder that everybody may read, as a library is."""
    folder.mkdir()
    for step in (folder, *folder.parents):
        if step.is_relative_to("/tmp") and step != Path("/tmp") and step.stat().st_uid == os.geteuid():
            step.chmod(0o755)
    return folder


def test_what_was_printed_before_memory_ran_out_is_kept(run: Run) -> None:
    execution = run("print('before')\nx = bytearray(10 ** 10)")
    assert (execution.reason, execution.stdout, execution.stderr) == ("memory", b"before\n", b"MemoryError\n")


def test_printing_to_a_closed_stream_is_the_programs_error(run: Run) -> None:
    assert run("import os\nprint(1)\nos.close(1)").exit_code == 120
