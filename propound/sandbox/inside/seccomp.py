"""Which system calls a program may make, as a filter that the kernel runs (classic BPF, assembled here).

Three answers: a call is allowed; it fails with an error that an ordinary program copes with; or it is an
attack on the machine and ends the program, with the call's name as the reason. Calls that are not listed,
such as those of future kernels, do not exist (ENOSYS). Arguments are looked at only where they decide, and
only those that are plain numbers: what a pointer points to can change after the check.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from itertools import pairwise

from . import kernel
from .syscalls import AUDIT_ARCHITECTURE

TYPE_CHECKING = False  # typing and collections are not worth their import time here
if TYPE_CHECKING:
    from collections.abc import Iterator

ALLOWED = """
    read write pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2 lseek open openat close
    close_range stat lstat fstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink
    readlinkat getcwd chdir fchdir getdents getdents64 dup dup2 dup3 pipe pipe2 poll ppoll select pselect6
    epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 timerfd_create
    timerfd_settime timerfd_gettime flock fsync fdatasync ftruncate fallocate fadvise64 sendfile
    copy_file_range mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink
    symlinkat mmap munmap mprotect mremap madvise brk msync membarrier rt_sigaction rt_sigprocmask
    rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack pause alarm setitimer getitimer
    nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times restart_syscall getpid
    getppid gettid getuid geteuid getgid getegid getgroups getresuid getresgid getpgrp getpgid getsid setsid
    setpgid capget umask uname sysinfo getrusage getrlimit setrlimit getrandom getcpu getpriority sched_yield
    sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min futex
    set_robust_list get_robust_list rseq set_tid_address arch_prctl exit exit_group wait4 waitid pidfd_open
    execve sendto recvfrom shutdown getsockname getpeername getsockopt
""".split()
"""Computing, own files, own threads, own signals. Landlock and mounts decide which files, not this list."""

FORBIDDEN = """
    chmod fchmod fchmodat chown fchown lchown fchownat utime utimes futimesat utimensat truncate setxattr
    lsetxattr fsetxattr removexattr lremovexattr fremovexattr mknod mknodat inotify_init inotify_init1
    inotify_add_watch memfd_create memfd_secret shmget shmat shmctl shmdt semget semop semctl semtimedop
    msgget msgsnd msgrcv msgctl mq_open mq_unlink setpriority sched_setscheduler sched_setparam sched_setattr
    sched_setaffinity ioprio_set setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid
    setfsgid capset seccomp personality connect bind listen accept accept4 setsockopt recvmsg sendmmsg
    recvmmsg pidfd_send_signal sethostname setdomainname
""".split()
"""Fails with EPERM: modes, owners, times, which Landlock leaves out; memory that no limit counts; powers."""

REFUSED = """
    ptrace process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_getfd kcmp mount umount2
    pivot_root chroot mount_setattr move_mount open_tree fsopen fsconfig fsmount fspick unshare setns bpf
    keyctl add_key request_key io_uring_setup io_uring_enter io_uring_register kexec_load kexec_file_load
    userfaultfd perf_event_open init_module finit_module delete_module reboot swapon swapoff settimeofday
    clock_settime adjtimex clock_adjtime acct quotactl quotactl_fd iopl ioperm modify_ldt open_by_handle_at
    name_to_handle_at fanotify_init fanotify_mark syslog vhangup migrate_pages move_pages uselib nfsservctl
    lookup_dcookie
""".split()
"""Ends the program: no ordinary program asks for these."""

SIGNALS = ["kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"]

_KILL = 0x80000000
NOTIFY = 0x7FC00000
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000

_LOAD, _JUMP_EQUAL, _JUMP_ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x45, 0x54, 0x06
_JUMP_FROM, _JUMP = 0x35, 0x05
_GROUP = 16
"""Runs of calls are looked up in groups: the kernel tries the filter on every call there is when it is installed."""
_CALL_OFFSET, _ARCHITECTURE_OFFSET, _ARGUMENTS_OFFSET = 0, 4, 16

_CLONE_THREAD = 0x00010000
_CLONE_NAMESPACES = 0x7E020000
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""Is it a terminal and how wide, how much is there to read, blocking and inheriting on and off."""
_FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032, 1034)
"""Duplicates, flags, locks, sizes. Not F_SETOWN and F_SETSIG: together they signal any process."""
_PRCTLS = (3, 15, 16, 23)  # GET_DUMPABLE SET_NAME GET_NAME CAPBSET_READ
_AF_UNIX, _SOCK_STREAM, _SOCK_TYPE_MASK = 1, 1, 0xF

_SET_MODE_FILTER = 1
_NEW_LISTENER = 8

Instruction = tuple[int, int, int, int]

_PREPARED: dict[tuple[int, bool, int | None, int], bytes] = {}


def _error(number: int) -> int:
    return _ERRNO | number


def _answer(action: int) -> list[Instruction]:
    return [(_RETURN, 0, 0, action)]


def _argument(index: int) -> Instruction:
    return (_LOAD, 0, 0, _ARGUMENTS_OFFSET + 8 * index)  # the low half: every argument looked at is an int


def _if_one_of(index: int, values: tuple[int, ...], then: int, otherwise: int) -> list[Instruction]:
    body = [_argument(index)]
    for value in values:
        body += [(_JUMP_EQUAL, 0, 1, value & 0xFFFFFFFF), (_RETURN, 0, 0, then)]
    return [*body, (_RETURN, 0, 0, otherwise)]


def _clone(refuse: int, *, children: bool) -> list[Instruction]:
    """Threads always, children where allowed, namespaces never."""
    return [
        _argument(0),
        (_JUMP_ANY_BIT, 0, 1, _CLONE_NAMESPACES),
        (_RETURN, 0, 0, refuse),
        (_JUMP_ANY_BIT, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ALLOW if children else _error(errno.EPERM)),
    ]


def _socketpair() -> list[Instruction]:
    """A connected local stream, which event loops need, reaches nobody else."""
    return [
        _argument(0),
        (_JUMP_EQUAL, 0, 3, _AF_UNIX),
        _argument(1),
        (_AND, 0, 0, _SOCK_TYPE_MASK),
        (_JUMP_EQUAL, 1, 0, _SOCK_STREAM),
        (_RETURN, 0, 0, _error(errno.EPERM)),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _rules(
    refuse: int, *, children: bool, signals_to: int | None, handshake: int
) -> Iterator[tuple[str, list[Instruction]]]:
    yield "ioctl", _if_one_of(1, _IOCTLS, _ALLOW, _error(errno.ENOTTY))
    yield "fcntl", _if_one_of(1, _FCNTLS, _ALLOW, _error(errno.EPERM))
    yield "clone", _clone(refuse, children=children)
    for name in ("fork", "vfork"):
        yield name, _answer(_ALLOW if children else _error(errno.EPERM))
    # AF_UNIX fails quietly because the C library tries it on its own (name service); it is denied all the
    # same.
    yield "socket", _if_one_of(0, (_AF_UNIX,), _error(errno.EPERM), refuse)
    yield "socketpair", _socketpair()
    yield "sendmsg", _if_one_of(0, (handshake,), _ALLOW, _error(errno.EPERM))
    yield "prctl", _if_one_of(0, _PRCTLS, _ALLOW, _error(errno.EPERM))
    yield "prlimit64", _if_one_of(0, (0,), _ALLOW, _error(errno.EPERM))
    for name in SIGNALS:
        if signals_to is None:
            yield name, _answer(_ALLOW)
        elif name == "kill":
            yield name, _if_one_of(0, (signals_to, 0), _ALLOW, _error(errno.EPERM))
        elif name == "tgkill":
            yield name, _if_one_of(0, (signals_to,), _ALLOW, _error(errno.EPERM))
        else:
            yield name, _answer(_error(errno.EPERM))
    for name in ALLOWED:
        yield name, _answer(_ALLOW)
    for name in FORBIDDEN:
        yield name, _answer(_error(errno.EPERM))
    for name in REFUSED:
        yield name, _answer(refuse)


def assemble(
    machine_calls: dict[str, int],
    architecture: int,
    refuse: int,
    *,
    children: bool,
    signals_to: int | None,
    handshake: int,
) -> bytes:
    """The filter as the kernel's array of ``sock_filter``.

    ``children`` allows new processes; ``signals_to`` is the only process that may be signalled (None: any
    that the program can see, which is right where it sees only its own). ``handshake`` is the one
    descriptor on which ``sendmsg`` works: the listener leaves through it. ``refuse`` is the action that ends
    the program.
    """
    rules: dict[int, list[Instruction]] = {}
    for name, body in _rules(refuse, children=children, signals_to=signals_to, handshake=handshake):
        if name in machine_calls:
            rules.setdefault(machine_calls[name], body)
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE_OFFSET),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),  # 32-bit calls have other numbers
        (_LOAD, 0, 0, _CALL_OFFSET),
        *_looked_up(rules),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _looked_up(rules: dict[int, list[Instruction]]) -> list[Instruction]:
    """The rule of the loaded number; a number without one does not exist."""
    runs = _runs(rules)
    groups = [runs[at : at + _GROUP] for at in range(0, len(runs), _GROUP)]
    bodies: list[Instruction] = []
    starts: list[int] = []
    for group in groups:
        starts.append(len(bodies))
        for (_, rule), (following, _) in pairwise(group):
            bodies += [(_JUMP_FROM, len(rule), 0, following), *rule]
        bodies += group[-1][1]
    choice: list[Instruction] = []
    for index in range(len(groups) - 1, 0, -1):
        left = 2 * (index - 1)  # instructions between this choice and the first body
        choice += [(_JUMP_FROM, 0, 1, groups[index][0][0]), (_JUMP, 0, 0, left + starts[index])]
    return [*choice, *bodies]


def _runs(rules: dict[int, list[Instruction]]) -> list[tuple[int, list[Instruction]]]:
    """The first of all numbers that follow each other and have the same rule, and that rule."""
    unlisted = _answer(_error(errno.ENOSYS))
    runs: list[tuple[int, list[Instruction]]] = []
    for number in range(max(rules) + 2):
        rule = rules.get(number, unlisted)
        if not runs or runs[-1][1] != rule:
            runs.append((number, rule))
    return runs


def prepare(refuse: int, *, children: bool, signals_to: int | None, handshake: int) -> bytes:
    """This machine's filter, assembled once: a process that forks programs prepares it for all of them."""
    key = (refuse, children, signals_to, handshake)
    if key not in _PREPARED:
        _PREPARED[key] = assemble(
            kernel.NUMBER,
            AUDIT_ARCHITECTURE[kernel.MACHINE],
            refuse,
            children=children,
            signals_to=signals_to,
            handshake=handshake,
        )
    return _PREPARED[key]


def install(*, children: bool, signals_to: int | None, handshake: int) -> int | None:
    """Put the filter on this process for good and return the descriptor on which refused calls are announced.

    A machine that is itself inside such an arrangement cannot have a second one: there the kernel ends the
    program on its own, no call is named, and None is returned. OSError when no filter can be set.
    """
    for refuse, flags in ((NOTIFY, _NEW_LISTENER), (_KILL, 0)):
        code = prepare(refuse, children=children, signals_to=signals_to, handshake=handshake)
        instructions = ctypes.create_string_buffer(code, len(code))
        head = struct.pack("@HP", len(code) // 8, ctypes.addressof(instructions))
        try:
            descriptor = kernel.call("seccomp", _SET_MODE_FILTER, flags, head)
        except OSError as error:
            if flags and error.errno in (errno.EBUSY, errno.EINVAL):
                continue
            raise
        return descriptor if flags else None
    raise AssertionError("unreachable")
