"""One attack per test, in every tier. After each, the sandbox must work and no process may be left (conftest)."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

import pytest

from propound.sandbox import Execution, ExecutionStatus, Limits, Program, Sandbox

from .conftest import Run, descendants

FINISHED, KILLED, REFUSED = ExecutionStatus.FINISHED, ExecutionStatus.KILLED, ExecutionStatus.REFUSED

LIBC = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"


def refused(execution: Execution, reason: str) -> bool:
    return (execution.status, execution.exit_code, execution.reason) == (REFUSED, None, reason)


def killed(execution: Execution, reason: str) -> bool:
    return (execution.status, execution.exit_code, execution.reason) == (KILLED, None, reason)


def denied(execution: Execution) -> bool:
    """The program met an error of the operating system and ended by it."""
    names = (b"PermissionError", b"FileNotFoundError", b"OSError", b"ProcessLookupError", b"BlockingIOError")
    return execution.status is FINISHED and execution.exit_code == 1 and any(n in execution.stderr for n in names)


# ---- files of the host


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "/etc/shadow", "/etc/hostname", "/proc/1/environ", "/proc/self/environ", "/proc/self/mem",
        "/proc/self/maps", "/sys/kernel/mm", "/dev/kmsg", "/var/log", "/home", "/run", "/boot",
        str(Path.home() / ".bashrc"),
    ],
)  # fmt: skip
def test_files_of_the_host_cannot_be_read(run: Run, path: str) -> None:
    execution = run(f"import os; print(open({path!r}, 'rb').read())")
    assert denied(execution)
    execution = run(f"import os; print(os.listdir({path!r}))")
    assert denied(execution) or b"NotADirectoryError" in execution.stderr
    assert execution.stdout == b""


def test_a_secret_of_the_service_cannot_be_read(run: Run, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    assert denied(run(f"print(open({str(secret)!r}).read())"))


def test_a_sibling_of_a_readable_folder_cannot_be_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "secret").write_text("hunter2")
    program = f"print(open({str(tmp_path / 'library' / '..' / 'secret')!r}).read())"
    assert denied(run(program, readable=[tmp_path / "library"]))


def test_the_home_of_the_service_cannot_be_listed(run: Run) -> None:
    assert denied(run(f"import os; print(os.listdir({str(Path.home())!r}))"))


@pytest.mark.parametrize("folder", ["/", "/tmp/..", "/usr", "/etc", "/var/tmp", "/dev", "/opt", "/root"])
def test_nothing_can_be_written_outside(run: Run, folder: str) -> None:
    name = f"{folder}/propound-escape"
    # a folder of the program's own may lie there: the next program does not find what was left in it
    assert denied(run(f"open({name!r}, 'w').write('x')")) or denied(run(f"open({name!r}).read()"))
    if os.access(folder, os.X_OK):
        assert not Path(name).exists()


def test_a_readable_folder_cannot_be_written(run: Run, tmp_path: Path) -> None:
    note = tmp_path / "note"
    note.write_text("original")
    note.chmod(0o666)
    tmp_path.chmod(0o777)
    for attempt in (
        f"open({str(note)!r}, 'w')",
        f"open({str(note)!r}, 'a')",
        f"open({str(tmp_path / 'new')!r}, 'w')",
        f"import os; os.truncate({str(note)!r}, 0)",
        f"import os; os.unlink({str(note)!r})",
        f"import os; os.rename({str(note)!r}, {str(tmp_path / 'other')!r})",
        f"import os; os.chmod({str(note)!r}, 0)",
        f"import os; os.utime({str(note)!r}, (0, 0))",
        f"import os; os.fchmod(os.open({str(note)!r}, os.O_RDONLY), 0)",
        f"import os; os.setxattr({str(note)!r}, 'user.x', b'x')",
        f"import os; os.mkfifo({str(tmp_path / 'fifo')!r})",
        f"import os; os.link({str(note)!r}, 'mine'); open('mine', 'w')",
    ):
        assert denied(run(attempt, readable=[tmp_path])), attempt
    assert note.read_text() == "original"
    assert note.stat().st_mode & 0o777 == 0o666
    assert [entry.name for entry in tmp_path.iterdir()] == ["note"]


def test_the_python_runtime_cannot_be_written(run: Run) -> None:
    assert denied(run("open(__import__('os').__file__, 'a').write('x')"))


def test_a_link_leads_nowhere(run: Run) -> None:
    assert denied(run("import os; os.symlink('/etc/passwd', 'x'); print(open('x').read())"))
    assert denied(run("import os; os.symlink('/', 'x'); print(os.listdir('x'))"))


def test_the_host_follows_no_link_when_it_cleans_up(run: Run, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    victim.chmod(0o777)
    (victim / "kept").write_text("kept")
    program = f"import os\nos.symlink({str(victim)!r}, 'x'); os.mkdir('d'); os.symlink({str(victim)!r}, 'd/y')"
    assert run(program).succeeded
    assert (victim / "kept").read_text() == "kept"


def test_a_bottomless_tree_is_cleaned_up(run: Run) -> None:
    assert run("import os\nfor _ in range(1500):\n  os.mkdir('d'); os.chdir('d')").status in (FINISHED, KILLED)


def test_a_locked_folder_is_cleaned_up(run: Run) -> None:
    run("import os\nos.makedirs('a/b'); open('a/b/c', 'w').close(); os.mkdir('d', 0); os.umask(0o777); os.mkdir('a/e')")


def test_nothing_is_carried_into_the_next_run(run: Run) -> None:
    program = (
        "import os, tempfile\n"
        "print(os.listdir('.'), [n for n in os.listdir(tempfile.gettempdir()) if n == 'left'])\n"
        "open('left', 'w').close(); open(tempfile.gettempdir() + '/left', 'w').close()\n"
    )
    assert run(program).stdout == run(program).stdout == b"[] []\n"


def test_given_files_do_not_change_for_the_caller(run: Run) -> None:
    files = {"a": b"original"}
    assert run("open('a', 'w').write('changed')", files=files).succeeded
    assert files == {"a": b"original"}


# ---- network


@pytest.mark.parametrize("family", [2, 10, 16, 17, 38, 40], ids=["inet", "inet6", "netlink", "packet", "alg", "vsock"])
@pytest.mark.parametrize("kind", [1, 2, 3], ids=["stream", "datagram", "raw"])
def test_there_is_no_network(run: Run, family: int, kind: int) -> None:
    assert refused(run(f"import _socket; _socket.socket({family}, {kind})"), "socket")


def test_there_are_no_local_sockets(run: Run) -> None:
    assert denied(run("import socket; socket.socket(socket.AF_UNIX)"))


def test_a_pair_of_datagram_sockets_cannot_reach_others(run: Run) -> None:
    assert denied(run("import socket; socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)"))


def test_a_pair_of_sockets_cannot_pass_descriptors(run: Run) -> None:
    assert denied(run("import socket; a, b = socket.socketpair(); socket.send_fds(a, [b'x'], [0])"))


def test_the_resolver_cannot_ask(run: Run) -> None:
    execution = run("import socket; print(socket.getaddrinfo('example.com', 80))")
    assert execution.status is REFUSED or execution.exit_code == 1


# ---- limits


def test_a_fork_bomb_does_not_start(run: Run) -> None:
    assert denied(run("import os\nwhile True: os.fork()"))


def test_a_fork_bomb_is_bounded_where_children_are_allowed(run: Run) -> None:
    program = "import os, time\nwhile True:\n  try: os.fork()\n  except OSError: time.sleep(0.01)"
    execution = run(program, limits=Limits(wall_s=1, processes=8))
    assert killed(execution, "wall")


def test_the_number_of_children_is_limited(run: Run) -> None:
    program = (
        "import os, time\ncount = 0\ntry:\n  while True:\n    if not os.fork(): time.sleep(60)\n    count += 1\n"
        "except BlockingIOError: print(count)"
    )
    assert run(program, limits=Limits(wall_s=5, processes=5)).stdout == b"4\n"


def test_threads_are_limited(run: Run) -> None:
    program = (
        "import threading\nthreading.stack_size(65536)\nstop = threading.Event()\n"
        "try:\n  for n in range(1000): threading.Thread(target=stop.wait).start()\n"
        "except RuntimeError: print(n)\nfinally: stop.set()"
    )
    execution = run(program)
    assert execution.succeeded
    assert 16 <= int(execution.stdout) <= 64


def test_vfork_and_clone_are_no_way_around(run: Run) -> None:
    program = LIBC + "print(libc.vfork())"
    assert run(program).stdout == b"-1\n"
    assert denied(run("import subprocess, sys; subprocess.run([sys.executable, '-c', 'pass'])"))
    assert denied(run("import os, sys; os.posix_spawn(sys.executable, [sys.executable], {})"))


@pytest.mark.parametrize(
    "program",
    [
        "x = bytearray(10 ** 9)",
        "x = []\nwhile True: x.append(bytes(10 ** 6))",
        "'x' * 10 ** 10",
        "x = 'ab'\nwhile True: x += x",
    ],
)
def test_memory_is_limited(run: Run, program: str) -> None:
    assert killed(run(program, limits=Limits(memory_mb=128)), "memory")


@pytest.mark.parametrize(
    "program",
    [
        LIBC + "print(libc.memfd_create(b'x', 0))",
        LIBC + "print(libc.shmget(0, 1 << 20, 0o1600))",
        LIBC + "print(libc.mlockall(3))",
    ],
    ids=["memfd", "sysv", "mlock"],
)
def test_memory_that_is_not_counted_cannot_be_had(run: Run, program: str) -> None:
    assert run(program).stdout == b"-1\n"


def test_processor_time_is_limited(run: Run) -> None:
    assert killed(run("while True: pass", limits=Limits(cpu_s=1)), "cpu")


def test_processor_time_is_limited_although_the_signal_is_ignored(run: Run) -> None:
    program = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    assert killed(run(program, limits=Limits(cpu_s=1)), "cpu")


def test_limits_cannot_be_raised(run: Run) -> None:
    assert run("import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))").exit_code == 1
    assert denied(run("import os, resource; resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))"))


def test_the_clock_ends_a_sleeper_that_ignores_every_signal(run: Run) -> None:
    program = (
        "import signal, time\nfor s in range(1, 65):\n  try: signal.signal(s, signal.SIG_IGN)\n"
        "  except (OSError, ValueError): pass\nwhile True: time.sleep(60)"
    )
    execution = run(program, limits=Limits(wall_s=0.5))
    assert killed(execution, "wall")
    assert execution.wall_ms >= 500


def test_what_was_printed_before_the_end_is_kept(run: Run) -> None:
    execution = run("print('before', flush=True)\nwhile True: pass", limits=Limits(wall_s=0.5))
    assert execution.stdout == b"before\n"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_of_output_is_stopped(run: Run, stream: str) -> None:
    execution = run(f"import sys\nwhile True: print('x' * 1000, file=sys.{stream})")
    assert killed(execution, "output")
    assert execution.truncated
    assert len(execution.stdout) + len(execution.stderr) <= 2 * 65536


def test_a_file_that_grows_too_large_ends_the_program(run: Run) -> None:
    program = "f = open('x', 'wb')\nwhile True: f.write(bytes(10 ** 6))"
    assert killed(run(program, limits=Limits(file_mb=4)), "files")


def test_many_files_do_not_fill_the_disk(run: Run) -> None:
    program = "import time\nfor n in range(200): open(str(n), 'wb').write(bytes(10 ** 6))\ntime.sleep(1)"
    execution = run(program, limits=Limits(file_mb=4))
    assert killed(execution, "files") or denied(execution)


def test_many_empty_files_do_not_use_up_the_disk(run: Run) -> None:
    program = "import time\nfor n in range(50000): open(str(n), 'w').close()\ntime.sleep(1)"
    execution = run(program)
    assert killed(execution, "files") or denied(execution)


def test_open_files_are_limited(run: Run) -> None:
    assert denied(run("x = [open('/dev/null') for _ in range(1000)]", limits=Limits(open_files=20)))


def test_the_given_stdin_cannot_be_turned_into_memory(run: Run) -> None:
    assert denied(run("import os; os.write(0, b'x')", stdin=b"abc"))
    assert denied(run("import os; os.ftruncate(0, 10 ** 6)", stdin=b"abc"))


# ---- other processes


DAEMON = (
    "import os, sys, time\n"
    "if os.fork() == 0:\n"
    "  os.setsid()\n"
    "  if os.fork() == 0:\n"
    "    {close}\n"
    "    time.sleep(600)\n"
    "  os._exit(0)\n"
    "time.sleep(0.1); print('parent ends')"
)


@pytest.mark.parametrize("close", ["pass", "os.closerange(0, 10)"], ids=["holding the streams", "detached"])
def test_a_daemon_dies_with_its_program(run: Run, close: str) -> None:
    started = time.monotonic()
    execution = run(DAEMON.format(close=close), limits=Limits(processes=8, wall_s=30))
    assert execution.stdout == b"parent ends\n"
    assert time.monotonic() - started < 25  # it was ended, not waited for
    assert not any("inside.launch" in command for command in descendants().values())


def test_the_service_cannot_be_signalled(run: Run) -> None:
    for processes in (1, 8):
        for target in (os.getpid(), os.getppid()):
            program = f"import os; os.kill({target}, 0)"
            assert denied(run(program, limits=Limits(processes=processes))), target


@pytest.mark.parametrize("number", [2, 9, 15, 19])
def test_the_supervisor_cannot_be_signalled(run: Run, number: int) -> None:
    program = (
        "import os, time\n"
        f"for target in (os.getppid(), 1):\n  try: os.kill(target, {number})\n  except OSError: pass\n"
        "time.sleep(0.1); print('nothing happened')"
    )
    for processes in (1, 8):
        execution = run(program, limits=Limits(processes=processes))
        assert execution.succeeded
        assert execution.stdout == b"nothing happened\n"


@pytest.mark.parametrize("target", [0, -1])
def test_signals_to_everybody_reach_only_the_program(run: Run, target: int) -> None:
    execution = run(f"import os; os.kill({target}, 9)", limits=Limits(processes=8))
    assert execution.status is not ExecutionStatus.FAILED  # the canary that follows shows who is alive


def test_descriptors_cannot_be_made_to_send_signals(run: Run) -> None:
    program = f"import fcntl, os; r, w = os.pipe(); fcntl.fcntl(r, fcntl.F_SETOWN, {os.getpid()})"
    assert denied(run(program))


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("libc.ptrace(16, os.getppid(), 0, 0)", "ptrace"),
        ("libc.process_vm_readv(os.getppid(), 0, 0, 0, 0, 0)", "process_vm_readv"),
        ("libc.process_vm_writev(os.getppid(), 0, 0, 0, 0, 0)", "process_vm_writev"),
        ("libc.mount(b'x', b'/', b'tmpfs', 0, 0)", "mount"),
        ("libc.umount2(b'/', 2)", "umount2"),
        ("libc.chroot(b'/')", "chroot"),
        ("libc.syscall({pivot_root}, b'/', b'/')", "pivot_root"),
        ("libc.unshare(0x10000000)", "unshare"),
        ("libc.setns(0, 0)", "setns"),
        ("libc.syscall({bpf}, 0, 0, 0)", "bpf"),
        ("libc.syscall({keyctl}, 0, 0, 0)", "keyctl"),
        ("libc.syscall({add_key}, 0, 0, 0, 0, 0)", "add_key"),
        ("libc.syscall({io_uring_setup}, 1, 0)", "io_uring_setup"),
        ("libc.syscall({kexec_load}, 0, 0, 0, 0)", "kexec_load"),
        ("libc.syscall({userfaultfd}, 0)", "userfaultfd"),
        ("libc.syscall({perf_event_open}, 0, 0, 0, 0, 0)", "perf_event_open"),
        ("libc.syscall({finit_module}, 0, 0, 0)", "finit_module"),
        ("libc.syscall({open_by_handle_at}, 0, 0, 0)", "open_by_handle_at"),
        ("libc.syscall({pidfd_getfd}, 0, 0, 0)", "pidfd_getfd"),
        ("libc.syscall({clone}, 0x10000011, 0, 0, 0, 0)", "clone"),
        ("libc.reboot(0)", "reboot"),
        ("os.sched_getscheduler(0); libc.syscall({swapoff}, 0)", "swapoff"),
    ],
    ids=lambda value: value if value.isidentifier() else "",
)
def test_powers_over_the_machine_end_the_program(run: Run, program: str, reason: str) -> None:
    from propound.sandbox.inside.kernel import NUMBER

    for name, number in NUMBER.items():
        program = program.replace(f"{{{name}}}", str(number))
    assert refused(run(LIBC + program), reason)


def test_a_refused_call_in_a_thread_or_a_child_ends_everything(run: Run) -> None:
    thread = (
        "import threading, time, _socket\n"
        "threading.Thread(target=_socket.socket, args=(2, 1)).start()\ntime.sleep(60)"
    )
    assert refused(run(thread), "socket")
    child = "import os, time, _socket\nif not os.fork(): _socket.socket(2, 1)\ntime.sleep(60)"
    assert refused(run(child, limits=Limits(processes=8)), "socket")


def test_a_refusal_cannot_be_caught(run: Run) -> None:
    program = (
        "import signal, _socket\nsignal.signal(signal.SIGSYS, signal.SIG_IGN)\n"
        "try: _socket.socket(2, 1)\nexcept BaseException: pass\nprint('caught')"
    )
    execution = run(program)
    assert refused(execution, "socket")
    assert execution.stdout == b""


MACHINE_CODE = {
    # mov eax, 20; int 0x80; ret: the 32-bit getpid
    "x86_64": "b8 14 00 00 00 cd 80 c3",
    # mov x8, 117; svc 0; ret: ptrace, without the C library
    "aarch64": "a8 0e 80 d2 01 00 00 d4 c0 03 5f d6",
}


def test_machine_code_meets_the_same_filter(run: Run) -> None:
    program = (
        "import ctypes, mmap\n"
        "m = mmap.mmap(-1, 4096, prot=7)\n"
        f"m.write(bytes.fromhex({MACHINE_CODE[platform.machine()]!r}))\n"
        "ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()\n"
    )
    assert run(program).status is REFUSED


@pytest.mark.parametrize("call", ["setuid(0)", "setgid(0)", "setresuid(0, 0, 0)", "setgroups([])", "seteuid(0)"])
def test_nobody_can_become_root(run: Run, call: str) -> None:
    execution = run(f"import os\nos.{call}")
    assert denied(execution)


def test_the_program_is_not_root_and_has_no_capabilities_that_change_anything(run: Run) -> None:
    program = (
        "import ctypes, os\nheader = (ctypes.c_uint32 * 2)(0x20080522, 0); data = (ctypes.c_uint32 * 6)()\n"
        "ctypes.CDLL(None).capget(header, data)\n"
        "print(0 in os.getresuid() + os.getresgid() + tuple(os.getgroups()), [x & ~(1 << 2) for x in data])"
    )
    assert run(program).stdout == b"False [0, 0, 0, 0, 0, 0]\n"


def test_privileges_cannot_be_gained_by_starting_programs(run: Run) -> None:
    program = "import ctypes; print(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))"
    assert run(program).stdout in (b"1\n", b"-1\n")


def test_the_filter_cannot_be_replaced(run: Run) -> None:
    assert run(LIBC + "print(libc.prctl(22, 2, 0, 0, 0), libc.prctl(1, 0), libc.prctl(38, 0))").stdout == b"-1 -1 -1\n"


def test_no_descriptor_of_the_service_is_open(run: Run, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as secret:
        os.set_inheritable(secret.fileno(), True)
        program = (
            "import os\nfound = []\nfor n in range(1024):\n  try: os.fstat(n); found.append(n)\n"
            "  except OSError: pass\nprint(found)"
        )
        assert run(program).stdout == b"[0, 1, 2]\n"


# ---- forging the report


def test_the_ending_cannot_be_forged(run: Run) -> None:
    program = (
        "import marshal, os, sys\n"
        "forged = marshal.dumps({'status': 0, 'cause': '', 'wall_ms': 1.0, 'cpu_ms': 1.0, 'max_rss_kb': 1})\n"
        "for n in range(64):\n  try: os.write(n, forged)\n  except OSError: pass\n"
        "os._exit(9)"
    )
    execution = run(program)
    assert (execution.status, execution.exit_code) == (FINISHED, 9)


def test_a_program_cannot_pass_for_a_failure_of_the_sandbox(run: Run) -> None:
    program = "import os, sys\nos.write(2, b'the launcher ended without a report')\nos.closerange(0, 100)\nos._exit(1)"
    assert run(program).status is FINISHED


def test_the_launchers_frames_hold_nothing_worth_having(run: Run) -> None:
    program = (
        "import sys, os\nframe = sys._getframe()\nwhile frame:\n  for value in list(frame.f_locals.values()):\n"
        "    close = getattr(value, 'close', None)\n    if close and value.__class__.__name__ == 'socket':\n"
        "      try: value.send(b'ready')\n      except OSError: pass\n  frame = frame.f_back\nos._exit(4)"
    )
    execution = run(program)
    assert (execution.status, execution.exit_code) == (FINISHED, 4)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import os; os.abort()", "signal SIGABRT"),
        ("import os; os.kill(os.getpid(), 15)", "signal SIGTERM"),
        ("import ctypes; ctypes.string_at(0)", "signal SIGSEGV"),
        ("import os; os.kill(os.getpid(), 24)", "signal SIGXCPU"),
        ("import os; os.kill(os.getpid(), 40)", "signal 40"),
    ],
)
def test_a_crash_names_its_signal(run: Run, program: str, reason: str) -> None:
    assert killed(run(program), reason)


@pytest.mark.parametrize("data", [b"\0\0", b"\xff\xfe\x80", b"\xed\xa0\x80", b"a\0\xffb" * 1000])
def test_output_that_is_no_text_is_passed_as_it_is(run: Run, data: bytes) -> None:
    execution = run(f"import os; os.write(1, {data!r}); os.write(2, {data!r})")
    assert (execution.stdout, execution.stderr) == (data, data)


@pytest.mark.parametrize(
    "source", ["(" * 10**5, "-" * 10**6 + "1", "x = " + "[" * 5000 + "]" * 5000, "a." * 10**5 + "a"]
)
def test_a_source_that_hurts_the_parser_hurts_only_itself(run: Run, source: str) -> None:
    execution = run(source)
    assert not execution.succeeded
    assert execution.status is not ExecutionStatus.FAILED


def test_a_hostile_program_does_not_disturb_its_neighbours(sandbox: Sandbox) -> None:
    from concurrent.futures import ThreadPoolExecutor

    hostile = [
        "import os\nwhile True:\n  try: os.kill(-1, 9)\n  except OSError: pass",
        "while True: print('x' * 10 ** 5)",
        "x = []\nwhile True: x.append(bytes(10 ** 7))",
        "import _socket; _socket.socket(2, 1)",
    ]
    limits = Limits(wall_s=1, cpu_s=1, memory_mb=128, processes=4)
    with ThreadPoolExecutor(4) as pool:
        bad = [pool.submit(sandbox.run, Program(program, limits=limits)) for program in hostile * 2]
        good = [pool.submit(sandbox.run, Program(f"print({n})")) for n in range(8)]
        assert [future.result().stdout for future in good] == [b"%d\n" % n for n in range(8)]
        assert not any(future.result().succeeded for future in bad)
