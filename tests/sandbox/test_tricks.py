"""More attacks, one trick each, as a table: what is tried, and how it must end in every tier, cold and warm.

After each, a harmless program must run, and neither a process nor a file may be left (conftest).
"""

from __future__ import annotations

import pytest

from propound.sandbox import ExecutionStatus, Limits
from propound.sandbox.inside.kernel import NUMBER

from .conftest import Run

FINISHED, KILLED, REFUSED = ExecutionStatus.FINISHED, ExecutionStatus.KILLED, ExecutionStatus.REFUSED
SHORT = Limits(wall_s=0.7, cpu_s=5)
CHILDREN = Limits(wall_s=10, processes=8)

FILES = {
    "the root of the first process": "import os; print(os.listdir('/proc/1/root'))",
    "the root of this process": "import os; print(os.listdir('/proc/self/root' + '/etc'))",
    "descriptors of the first process": "print(open('/proc/1/fd/0').read())",
    "the kernel's core pattern": "open('/proc/sys/kernel/core_pattern', 'w').write('|/tmp/x')",
    "the kernel's panic button": "open('/proc/sysrq-trigger', 'w').write('c')",
    "scores of the memory killer": "open('/proc/self/oom_score_adj', 'w').write('-1000')",
    "control groups": "import os; print(os.listdir('/sys/fs/cgroup'))",
    "memory as a device": "print(open('/dev/mem', 'rb').read(1))",
    "a disk as a device": "print(open('/dev/vda', 'rb').read(1))",
    "a terminal": "print(open('/dev/tty').read(1))",
    "another's terminal": "import os; print(os.open('/dev/ptmx', os.O_RDWR))",
    "a pipe in a file system": "import os; os.mkfifo('x')",
    "a device of its own": "import os; os.mknod('x', 0o20666, os.makedev(1, 1)); print(open('x', 'rb').read(1))",
    "a program with its owner's rights": "import os; open('x', 'w').close(); os.chmod('x', 0o4777); print('x')",
    "an owner": "import os; open('x', 'w').close(); os.chown('x', 0, 0); print('x')",
    "a name out of the folder": "import os; open('x', 'w').close(); os.rename('x', '/x')",
    "a second name for a host's file": "import os; os.link('/etc/passwd', 'x'); print(open('x').read())",
    "links upon links": "import os; os.symlink('/', 'a'); os.symlink('a/etc', 'b'); print(os.listdir('b'))",
    "a host's path through dots": "print(open('../' * 40 + 'etc/passwd').read())",
    "a path of bytes": "import os; print(os.open(b'/etc/passwd', os.O_RDONLY))",
    "a nameless file in a host's folder": "import os; print(os.open('/var', os.O_TMPFILE | os.O_RDWR))",
    "code in the interpreter's folder": "import sysconfig; open(sysconfig.get_path('purelib') + '/x.pth', 'w')",
    "code beside the standard library": "import os; open(os.path.dirname(os.__file__) + '/sitecustomize.py', 'w')",
    "stale bytecode": "import json, os; os.makedirs(json.__cached__ + '.d')",
    "a replaced standard module": "import json, os; os.unlink(json.__file__)",
    "a program started from the folder": (
        "import os\nopen('x', 'w').write('#!/bin/sh\\necho x')\nos.execv('x', ['x'])"
    ),
}  # fmt: skip

NETWORK = {
    "a question for a name": ("import socket; socket.socket(2, 2).sendto(b'x', ('1.1.1.1', 53))", "socket"),
    "a server": ("import socket; socket.create_server(('127.0.0.1', 0))", "socket"),
    "a connection": ("import socket; socket.create_connection(('127.0.0.1', 80), 1)", "socket"),
    "the next version's datagram": ("import socket; socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)", "socket"),
    "the virtual machine's host": ("import _socket; _socket.socket(40, 1).connect((2, 80))", "socket"),
    "a wireless neighbour": ("import _socket; _socket.socket(31, 3, 1)", "socket"),
    "the kernel's own family": ("import _socket; _socket.socket(16, 3, 0)", "socket"),
    "a web page": ("import urllib.request as u; u.urlopen('http://127.0.0.1:1', timeout=1)", "socket"),
    "multipath": ("import _socket; _socket.socket(2, 1, 262)", "socket"),
    "control streams": ("import _socket; _socket.socket(2, 5, 132)", "socket"),
}  # fmt: skip

CALLS = {
    name: arguments
    for name, arguments in {
        "fsopen": "b'tmpfs', 0", "open_tree": "-100, b'/', 1", "move_mount": "-1, 0, -1, 0, 0",
        "mount_setattr": "-100, b'/', 0, 0, 0", "request_key": "0, 0, 0, 0", "io_uring_enter": "0, 0, 0, 0, 0, 0",
        "kcmp": "1, 1, 0, 0, 0", "process_madvise": "0, 0, 0, 0, 0", "name_to_handle_at": "-100, b'/', 0, 0, 0",
        "fanotify_init": "0, 0", "syslog": "3, 0, 0", "quotactl": "0, 0, 0, 0", "acct": "b'x'",
        "init_module": "0, 0, 0", "delete_module": "b'x', 0", "kexec_file_load": "0, 0, 0, 0, 0",
        "clock_settime": "0, 0", "settimeofday": "0, 0", "move_pages": "0, 0, 0, 0, 0, 0", "swapon": "b'x', 0",
        "vhangup": "", "modify_ldt": "0, 0, 0", "iopl": "3", "ioperm": "0, 1, 1",
    }.items()
    if name in NUMBER
}  # fmt: skip

ENDLESS = {
    "at exit": "import atexit\ndef f():\n  while True: pass\natexit.register(f)",
    "in a thread": "import threading\ndef f():\n  while True: pass\nthreading.Thread(target=f).start()",
    "in a hook of errors": "import sys\ndef f(*_):\n  while True: pass\nsys.excepthook = f\n1 / 0",
    "catching what ends it": "while True:\n  try: raise SystemExit\n  except BaseException: pass",
    "in one instruction": "x = 10 ** 10 ** 8",
    "in an expression": "import re; re.match('(a+)+$', 'a' * 40 + 'b')",
    "reading": "import os; r, w = os.pipe(); os.read(r, 1)",
    "in its own signals": (
        "import signal\nsignal.signal(14, lambda *_: None)\nsignal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)\n"
        "while True: signal.pause()"
    ),
    "stopped": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "with all signals blocked": (
        "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: time.sleep(9)"
    ),
}  # fmt: skip

DAEMONS = {
    "deaf": "import os, signal, time\nsignal.signal(1, signal.SIG_IGN)\nif not os.fork(): time.sleep(600)",
    "in a session of its own": "import os, time\nif not os.fork():\n  os.setsid()\n  time.sleep(600)",
    "stopped": "import os, signal\nif not os.fork():\n  os.kill(os.getpid(), signal.SIGSTOP)",
    "having more of them": "import os\nwhile True:\n  if os.fork(): os._exit(0)",
    "busy": "import os\nif not os.fork():\n  while True: pass",
    "writing": "import os\nif not os.fork():\n  while True: os.write(1, b'x' * 1000)",
}

SOURCES = {
    "a mark of order": "\ufeffprint('ok')",
    "a half of a pair": "print('\ud800' == chr(0xd800) and 'ok')",
    "a byte of zero": "print('\0' == chr(0) and 'ok')",
    "another encoding": "# coding: utf-7\nprint('ok')",
    "no encoding": "# coding: nothing\nprint('ok')",
    "every line end": "print('o', end='')\r\nprint('k')\r",
    "letters that look alike": "рrint = print\nрrint('ok')",
    "a text that turns around": "x = '\u202e'\nprint('ok')",
    "nothing": "",
    "many lines": "pass\n" * 10**5 + "print('ok')",
}


@pytest.mark.parametrize("trick", FILES)
def test_files(run: Run, trick: str) -> None:
    execution = run(FILES[trick])
    assert (execution.status, execution.stdout) == (FINISHED, b""), execution
    assert execution.exit_code == 1
    assert b"Error" in execution.stderr


@pytest.mark.parametrize("trick", NETWORK)
def test_network(run: Run, trick: str) -> None:
    program, reason = NETWORK[trick]
    execution = run(program)
    assert (execution.status, execution.reason) == (REFUSED, reason)


@pytest.mark.parametrize("name", CALLS)
def test_calls_by_their_number(run: Run, name: str) -> None:
    execution = run(f"import ctypes; print(ctypes.CDLL(None).syscall({NUMBER[name]}, {CALLS[name]}))")
    assert (execution.status, execution.reason) == (REFUSED, name)


@pytest.mark.parametrize("trick", ENDLESS)
def test_a_program_without_end_is_ended(run: Run, trick: str) -> None:
    execution = run(ENDLESS[trick], limits=SHORT)
    assert (execution.status, execution.reason) == (KILLED, "wall")


@pytest.mark.parametrize("trick", DAEMONS)
def test_a_daemon_is_ended(run: Run, trick: str) -> None:
    """conftest looks for what is left."""
    assert run(DAEMONS[trick], limits=CHILDREN).status is not ExecutionStatus.FAILED


@pytest.mark.parametrize("trick", SOURCES)
def test_a_strange_source_means_what_it_says_or_is_no_program(run: Run, trick: str) -> None:
    execution = run(SOURCES[trick])
    assert execution.status is FINISHED
    assert execution.stdout in (b"ok\n", b"")
    assert execution.exit_code == (0 if execution.stdout or not SOURCES[trick] else 1)
