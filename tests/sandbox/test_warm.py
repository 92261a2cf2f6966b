"""What a warm sandbox adds: a zygote that many programs are forked from, and that none of them may reach."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from propound.sandbox import ExecutionStatus, Limits, Program, Tier, pool
from propound.sandbox.isolated import IsolatedSandbox
from propound.sandbox.request import Job
from propound.sandbox.warm import WarmSandbox
from propound.sandbox.warmth import warmth_for
from propound.skills.library import TOOLKIT_ROOT

from .conftest import WARM, Run, descendants, is_alive, open_named

FINISHED, FAILED = ExecutionStatus.FINISHED, ExecutionStatus.FAILED
CHILDREN = Limits(processes=8)


@pytest.fixture(scope="session", params=WARM)
def sandbox(request: pytest.FixtureRequest) -> Iterator[WarmSandbox]:
    """The warm sandbox of one tier; its tests must not see one that others use."""
    sandbox = open_named(request.param)
    assert isinstance(sandbox, WarmSandbox)
    yield sandbox
    sandbox.close()


def same_zygote(sandbox: WarmSandbox) -> list[int]:
    """The zygotes there are, to be compared with a later look."""
    return sorted(sandbox.pool.processes())


# ---- from one program to the next


@pytest.mark.parametrize(
    ("spoil", "look"),
    [
        ("import json; json.dumps = None", "import json; print(json.dumps(1) == '1')"),
        ("import builtins; builtins.len = lambda x: 0", "print(len('ab') == 2)"),
        ("import sys, types; sys.modules['math'] = types.ModuleType('math')", "import math; print(math.pi > 3)"),
        ("import sys; sys.modules['left'] = sys", "import sys; print('left' not in sys.modules)"),
        ("import sys; sys.path.append('/left')", "import sys; print('/left' not in sys.path)"),
        ("import sys; sys.setrecursionlimit(60)", "import sys; print(sys.getrecursionlimit() == 1000)"),
        ("import sys; sys.settrace(lambda *a: None)", "import sys; print(sys.gettrace() is None)"),
        ("import sys; sys.meta_path.clear()", "import sys; print(len(sys.meta_path) > 0)"),
        ("import os; os.environ['LEFT'] = '1'", "import os; print('LEFT' not in os.environ)"),
        ("import os; os.umask(0o777)", "open('x', 'w').close(); print(open('x').read() == '')"),
        ("import os; os.chdir('/')", "import os; print(os.getcwd() == os.environ['HOME'])"),
        ("import signal; signal.signal(15, signal.SIG_IGN)", "import signal; print(signal.getsignal(15) == 0)"),
        ("import signal; signal.pthread_sigmask(0, {15})", "import signal; print(not signal.pthread_sigmask(0, ()))"),
        ("import signal; signal.alarm(1)", "import signal; print(signal.alarm(0) == 0)"),
        ("import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (9, 9))",
         "import resource as r; print(r.getrlimit(r.RLIMIT_NOFILE) == (64, 64))"),
        ("import random; random.random = lambda: 0", "import random; print(random.random() > 0)"),
        ("import decimal; decimal.getcontext().prec = 2", "import decimal; print(decimal.getcontext().prec == 28)"),
        ("import gc; gc.disable()", "import gc; print(gc.isenabled())"),
        ("import atexit; atexit.register(print, 'left')", "print(True)"),
        ("import threading, time; threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
         "import threading; print(threading.active_count() == 1)"),
        ("import os; open(os.environ['TMPDIR'] + '/left', 'w').close(); os.symlink('/', 'left')",
         "import os; print('left' not in os.listdir(os.environ['TMPDIR']) + os.listdir('.'))"),
        ("import ctypes; ctypes.c_int.from_address(id(1) + 24 - 24)", "print(1 + 1 == 2)"),
        ("import ctypes; ctypes.c_long.from_address(id(257) + 24).value = 3", "print(256 + 1 == 257)"),
        ("import ctypes; ctypes.memset(id(7) + 24, 1, 4)", "print(3 + 4 == 7)"),
    ],
)  # fmt: skip
def test_nothing_that_a_program_changes_reaches_the_next(
    run: Run, sandbox: WarmSandbox, spoil: str, look: str
) -> None:
    assert run(look).stdout == b"True\n"
    before = same_zygote(sandbox)
    run(spoil)
    assert run(look).stdout == b"True\n"
    assert same_zygote(sandbox) == before


@pytest.mark.parametrize(
    "draw",
    [
        "import random; print(random.random(), random.getrandbits(64))",
        "import numpy; print(numpy.random.rand(3))",
        "from sympy.core.random import rng; print(rng.random())",
        "import uuid, secrets, tempfile; print(uuid.uuid4(), secrets.token_hex(), tempfile.mktemp())",
    ],
)
def test_no_two_programs_draw_the_same_numbers(run: Run, draw: str) -> None:
    assert len({run(draw).stdout for _ in range(3)}) == 3


def test_a_program_with_a_seed_draws_the_same_numbers(run: Run) -> None:
    assert len({run("import random; random.seed(5); print(random.random())").stdout for _ in range(2)}) == 1


def test_processes_of_the_last_program_are_gone(run: Run, sandbox: WarmSandbox) -> None:
    leave = (
        "import os, time\nfor _ in range(4):\n  n = os.fork()\n"
        "  if not n: os.setsid(); time.sleep(600)\n  print(n)"
    )
    left = [int(number) for number in run(leave, limits=CHILDREN).stdout.split()]
    assert len(left) == 4
    if sandbox.cold.kind is Tier.LANDLOCK:  # where they have the machine's own numbers
        assert not any(is_alive(number) for number in left)
        return
    look = (
        "import os\nfound = []\nfor n in range(2, 300):\n  try: os.kill(n, 0); found.append(n)\n"
        "  except ProcessLookupError: pass\n  except PermissionError: found.append(n)\nprint(found == [os.getpid()])"
    )
    assert run(look, limits=CHILDREN).stdout == b"True\n"


def test_no_number_tells_how_many_ran_before(run: Run, sandbox: WarmSandbox) -> None:
    if sandbox.cold.kind is not Tier.NAMESPACES:
        return  # elsewhere all processes of the machine are counted together
    if not os.access("/proc/sys/kernel/ns_last_pid", os.W_OK):
        return
    run("import os\nfor _ in range(5):\n  if not os.fork(): os._exit(0)\n  os.wait()", limits=CHILDREN)
    assert {run("import os; print(os.getpid(), os.getppid())").stdout for _ in range(3)} == {b"2 1\n"}


def test_what_the_last_program_was_given_is_not_in_memory(run: Run) -> None:
    secret = "hunter2" * 3
    run(
        f"x = {secret!r}; print(open('a').read(), input(), x)",
        files={"a": secret.encode()},
        stdin=secret.encode(),
    )
    look = (
        "import gc\nwanted = 'hunter2'[::-1][::-1]\nseen, found, todo = set(), [], gc.get_objects()\n"
        "while todo:\n  x = todo.pop()\n  if id(x) in seen: continue\n  seen.add(id(x))\n"
        "  if isinstance(x, str) and wanted * 2 in x: found.append(x)\n"
        "  if isinstance(x, bytes) and (wanted * 2).encode() in x: found.append(x)\n"
        "  todo += gc.get_referents(x)\nprint(len(found), len(seen) > 1000)"
    )
    assert run(look).stdout == b"0 True\n"


# ---- the zygote


@pytest.mark.parametrize("limits", [Limits(), CHILDREN], ids=["alone", "children"])
def test_no_signal_reaches_the_zygote(run: Run, sandbox: WarmSandbox, limits: Limits) -> None:
    run("pass", limits=limits)
    before = same_zygote(sandbox)
    program = (
        "import os, signal\nfor n in range(1, 65):\n  for target in (1, os.getppid()):\n    try: os.kill(target, n)\n"
        "    except OSError: pass\nprint('done')"
    )
    assert run(program, limits=limits).stdout == b"done\n"
    run("import os; os.kill(0, 9)", limits=limits)
    run("import os; os.kill(-1, 9)", limits=limits)
    assert run("print(1)", limits=limits).succeeded
    assert same_zygote(sandbox) == before


@pytest.mark.parametrize(
    "program",
    [
        "import os; os.kill(os.getppid(), 9)",
        "import os; os.close(0); os.close(1); os.close(2); os._exit(3)",
        "import os; os._exit(0)",
        "import os, threading; threading.Thread(target=os._exit, args=(3,)).start(); threading.Event().wait()",
        "import os; os.abort()",
        "raise SystemExit(3)",
        "import sys; sys.exit = None; raise KeyboardInterrupt",
        "x = []\nwhile True: x.append(open('/dev/null'))",
        "import os\nwhile True: os.pipe()",
        "import socket; x = []\nwhile True: x += socket.socketpair()",
        "x = bytearray(10 ** 10)",
        "while True: print('x' * 1000)",
        "import sys; sys.stdout = sys.stderr = None; print(1)",
        "import sys\ndef f(): f()\nsys.setrecursionlimit(10 ** 9); f()",
        "import gc\nfor x in gc.get_objects():\n  try: x.clear()\n  except Exception: pass",
        "import ctypes; ctypes.memset(id(type), 0, 4096)",
        "import os\nfor n in range(3000): os.symlink('x' * 200, str(n))",
    ],
)
def test_no_end_of_a_program_ends_the_zygote(run: Run, sandbox: WarmSandbox, program: str) -> None:
    run("pass")
    before = same_zygote(sandbox)
    assert run(program).status is not FAILED
    assert run("print(1)").stdout == b"1\n"
    assert same_zygote(sandbox) == before


def test_the_channel_cannot_be_forged(run: Run, sandbox: WarmSandbox) -> None:
    program = (
        "import gc, marshal, os, socket, sys\n"
        "forged = marshal.dumps({'status': 0, 'cause': '', 'wall_ms': 1.0, 'cpu_ms': 1.0, 'max_rss_kb': 1})\n"
        "for n in range(1024):\n  try: os.write(n, forged)\n  except OSError: pass\n"
        "for x in gc.get_objects():\n"
        "  if type(x).__name__ == 'socket' or hasattr(x, '_control'):\n"
        "    for send in (lambda: x.send(forged), lambda: x._control.send(forged), lambda: x.detach()):\n"
        "      try: send(); print('sent')\n      except Exception: pass\n"
        "frame = sys._getframe()\n"
        "while frame:\n"
        "  for value in list(frame.f_locals.values()):\n"
        "    if isinstance(value, int) and 2 < value < 4096:\n"
        "      try: os.write(value, forged); print('sent')\n      except OSError: pass\n"
        "  frame = frame.f_back\n"
        "os._exit(9)"
    )
    before = same_zygote(sandbox)
    execution = run(program)
    assert (execution.status, execution.exit_code) == (FINISHED, 9)
    assert b"sent" not in execution.stdout
    assert run("print(1)").stdout == b"1\n"
    assert not before or same_zygote(sandbox) == before


def test_the_loop_of_the_zygote_cannot_be_returned_to(run: Run) -> None:
    """A program's frames lie on the zygote's: whatever it raises or breaks, its process ends."""
    for program in (
        "import sys; sys.modules.clear(); raise BaseException",
        "import builtins; builtins.BaseException = None; builtins.SystemExit = None; 1 / 0",
        "import os; os._exit = lambda code: None; import posix; posix._exit = None",
        "raise GeneratorExit",
        "import sys; sys.stdout.flush = sys.stderr.flush = None; os = 1; raise StopIteration",
    ):
        assert run(program).status is FINISHED
        assert run("print(1)").stdout == b"1\n"


def test_descriptors_are_the_three_streams(run: Run) -> None:
    look = (
        "import os\nfound = []\nfor n in range(4096):\n  try: os.fstat(n); found.append(n)\n  except OSError: pass\n"
        "print(found)"
    )
    for limits in (Limits(open_files=8), Limits(open_files=512), CHILDREN):
        assert run(look, limits=limits).stdout == b"[0, 1, 2]\n"


def test_streams_and_environment_are_those_of_a_cold_start(sandbox: WarmSandbox) -> None:
    program = (
        "import os, sys\nfor s in (sys.stdin, sys.stdout, sys.stderr, sys.__stdin__, sys.__stdout__, sys.__stderr__):\n"
        "  print(s.name, s.mode, s.encoding, s.errors, s.line_buffering, s.seekable(), s.isatty())\n"
        "  print(s.newlines, s.fileno(), type(s.buffer), type(s.buffer.raw))\n"
        "print(repr(sys.stdin.readline()), sys.stdin.tell(), sys.stdin.seek(0), repr(sys.stdin.read()))\n"
        "home = os.environ['HOME']\n"
        "print([(k, v.replace(home, '')) for k, v in sorted(os.environ.items()) if k != 'TMPDIR'])\n"
        "print([p.replace(home, '') for p in sys.path], sys.argv, sys.flags, os.getcwd() == home, os.listdir('.'))\n"
        "print(os.environ['TMPDIR'] == os.path.dirname(home), __name__, __file__, sorted(globals()))\n"
    )
    warm = sandbox.run_warm(Program(program, stdin=b"ab\r\ncd\xff", files={"given": b""}))
    cold = sandbox.cold.run(Program(program, stdin=b"ab\r\ncd\xff", files={"given": b""}))
    assert warm is not None
    assert warm.succeeded, warm.stderr
    assert warm.stdout.decode() == cold.stdout.decode()


def test_own_code_is_there_before_the_program(run: Run) -> None:
    program = "import sys\nprint('toolkit' in sys.modules)\nimport toolkit\nprint(toolkit.__file__)"
    assert run(program, python_path=[TOOLKIT_ROOT]).stdout.startswith(b"True\n")


def test_others_code_runs_in_the_program_only(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "lent"
    (folder / "lent").mkdir(parents=True)
    (folder / "lent" / "__init__.py").write_text("import os\nNUMBER = os.getpid(), os.urandom(8)\n")
    for step in (folder, *folder.parents):
        if step.is_relative_to("/tmp") and step != Path("/tmp"):
            step.chmod(0o755)
    program = (
        "import sys\nprint('lent' in sys.modules)\nimport lent, os\nprint(lent.NUMBER[0] == os.getpid())"
    )
    assert run(program, python_path=[folder]).stdout == b"False\nTrue\n"
    assert warmth_for(Program("import lent", python_path=[folder])).own == ()


@pytest.mark.parametrize("name", ["json.py", "json/__init__.py", "re.py"])
def test_a_program_that_brings_a_module_of_its_own_gets_it(sandbox: WarmSandbox, name: str) -> None:
    module = name.partition("/")[0].removesuffix(".py")
    program = f"import {module}; print({module}.x)"
    files = {name: b"x = 9\n"}
    assert sandbox.run_warm(Program(program, files=files)) is None
    assert sandbox.run(Program(program, files=files)).stdout == sandbox.cold.run(Program(program, files=files)).stdout


def test_a_lent_folder_with_a_standard_name_is_not_imported_early(
    sandbox: WarmSandbox, tmp_path: Path
) -> None:
    (tmp_path / "json.py").write_text("x = 9\n")
    for step in (tmp_path, *tmp_path.parents):
        if step.is_relative_to("/tmp") and step != Path("/tmp"):
            step.chmod(0o755)
    program = "import json; print(json.x)"
    assert sandbox.run_warm(Program(program, python_path=[tmp_path])) is None
    assert sandbox.run(Program(program, python_path=[tmp_path])).stdout == b"9\n"


def test_what_was_imported_beforehand_does_not_count_as_the_programs_memory(run: Run) -> None:
    limits = Limits(memory_mb=64)
    assert run("import sympy, numpy; x = bytearray(20 << 20); print(1)", limits=limits).succeeded
    assert run("import sympy, numpy; x = bytearray(200 << 20)", limits=limits).reason == "memory"


def test_a_folder_that_was_replaced_is_seen_anew(run: Run, tmp_path: Path) -> None:
    for step in (tmp_path, *tmp_path.parents):
        if step.is_relative_to("/tmp") and step != Path("/tmp"):
            step.chmod(0o755)
    folder = tmp_path / "given"
    for content in ("first", "second"):
        folder.mkdir()
        (folder / "note").write_text(content)
        execution = run(f"print(open({str(folder / 'note')!r}).read())", readable=[folder])
        assert execution.stdout.decode() == content + "\n"
        folder.rename(tmp_path / content)


# ---- failures


@pytest.mark.parametrize(
    "broken", [{"user": 1 << 40}, {"cpu_s": "many"}, {"open_files": -1}, {"wall_s": None}]
)
def test_a_set_up_that_fails_runs_nothing(
    sandbox: WarmSandbox, monkeypatch: pytest.MonkeyPatch, broken: dict[str, Any]
) -> None:
    sandbox.run(Program("pass"))
    job = IsolatedSandbox.job

    def broken_job(*arguments: Any) -> Job:
        return {**job(*arguments), **broken}  # type: ignore[typeddict-item]

    with monkeypatch.context() as context:
        context.setattr(IsolatedSandbox, "job", broken_job)
        try:
            execution = sandbox.run(Program("print('ran')"))
        except TypeError:
            assert broken == {"wall_s": None}  # which the service itself cannot count with
        else:
            assert execution.status is FAILED
            assert execution.stdout == b""
    assert sandbox.run(Program("print(1)")).stdout == b"1\n"


def test_a_zygote_that_cannot_start_leaves_the_cold_way(
    sandbox: WarmSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.close()
    with monkeypatch.context() as context:
        context.setattr("propound.sandbox.zygote.interpreter_command", lambda *_: ["/nowhere/python"])
        assert sandbox.run_warm(Program("print(1)")) is None
        assert sandbox.run(Program("print(1)")).stdout == b"1\n"
        context.setattr("propound.sandbox.zygote.interpreter_command", lambda *_: ["/bin/true"])
        assert sandbox.run(Program("print(1)")).stdout == b"1\n"


def test_a_dead_zygote_is_replaced(run: Run, sandbox: WarmSandbox) -> None:
    run("pass")
    for process in sandbox.pool.processes():
        os.kill(process, signal.SIGKILL)
    time.sleep(0.1)
    assert run("print(1)").stdout == b"1\n"


def test_a_zygote_that_dies_during_a_run_is_replaced_and_the_run_repeated(
    run: Run, sandbox: WarmSandbox
) -> None:
    sandbox.close()
    run("pass")
    [victim] = sandbox.pool.processes()
    timer = threading.Timer(0.3, os.kill, (victim, signal.SIGKILL))
    timer.start()
    execution = run("import time; time.sleep(0.6); print(1)")
    timer.join()
    assert execution.stdout == b"1\n"
    assert victim not in sandbox.pool.processes()


def test_a_zygote_is_retired(run: Run, sandbox: WarmSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.close()
    monkeypatch.setattr(pool, "MOST_JOBS", 2)
    run("pass")
    first = same_zygote(sandbox)
    run("pass")
    assert same_zygote(sandbox) == []
    run("pass")
    assert set(same_zygote(sandbox)).isdisjoint(first)


def test_few_zygotes_wait(run: Run, sandbox: WarmSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.close()
    monkeypatch.setattr(pool, "_MOST_IDLE", 1)
    run("pass")
    first = same_zygote(sandbox)
    run("import numpy")
    assert len(same_zygote(sandbox)) == 1
    assert same_zygote(sandbox) != first


def test_a_fork_of_the_service_has_zygotes_of_its_own(run: Run, sandbox: WarmSandbox) -> None:
    run("pass")
    before = same_zygote(sandbox)
    child = os.fork()
    if not child:
        code = 1
        try:
            empty = not sandbox.pool.processes()
            works = sandbox.run(Program("print(1)")).stdout == b"1\n"
            sandbox.close()
            code = 0 if empty and works else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert run("print(1)").stdout == b"1\n"
    assert same_zygote(sandbox) == before


def test_zygotes_end_when_the_service_is_killed(sandbox: WarmSandbox) -> None:
    reading, writing = os.pipe()
    service = os.fork()
    if not service:
        sandbox.run(Program("pass"))
        threading.Thread(target=sandbox.run, args=(Program("import time; time.sleep(600)"),)).start()
        sandbox.run(Program("import os, time\nif not os.fork(): time.sleep(600)", limits=CHILDREN))
        holder = os.fork()  # has no copy of what keeps the zygotes alive
        if holder:
            os.write(writing, b"%d\n" % holder)
        time.sleep(600)
    holder = int(os.read(reading, 20))
    os.close(reading)
    os.close(writing)
    time.sleep(0.3)
    started = descendants(of=service).keys() - {service, holder}
    assert len(started) >= 3
    os.kill(service, signal.SIGKILL)
    os.waitpid(service, 0)
    try:
        for _ in range(200):
            if not any(is_alive(process) for process in started):
                return
            time.sleep(0.05)
        pytest.fail(f"still there: {started}")
    finally:
        os.kill(holder, signal.SIGKILL)


@pytest.mark.parametrize("name", WARM)
def test_zygotes_end_with_a_process_that_forgets_them(name: str) -> None:
    program = (
        "from propound.sandbox import Program, open_sandbox\n"
        f"sandbox = open_sandbox({name.partition(',')[0]!r})\n"
        "assert sandbox.run(Program('print(1)')).stdout == b'1\\n'\nprint(*sandbox.pool.processes())"
    )
    service = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, check=True)
    assert service.stderr == b""
    assert not any(is_alive(process) for process in map(int, service.stdout.split()))


@pytest.mark.parametrize("name", WARM)
def test_zygotes_end_with_their_sandbox(name: str) -> None:
    sandbox = open_named(name)
    assert isinstance(sandbox, WarmSandbox)
    assert sandbox.run(Program("print(1)")).succeeded
    processes = sandbox.pool.processes()
    del sandbox
    assert processes
    assert not any(is_alive(process) for process in processes)
