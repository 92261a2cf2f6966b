"""The kernel calls that Python does not wrap, each raising OSError where the kernel refuses."""

from __future__ import annotations

import ctypes
import os

from .syscalls import numbers

MACHINE = os.uname().machine
NUMBER = numbers(MACHINE)

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_KEEPCAPS = 8
PR_CAPBSET_DROP = 24
PR_SET_SECUREBITS = 28
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47

_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_CAPABILITY_VERSION = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_python = ctypes.PyDLL(None)  # keeps the interpreter's lock, which the fork then holds


def call(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make the system call ``name``; OSError with the call's name on failure."""
    converted = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = int(_libc.syscall(ctypes.c_long(NUMBER[name]), *converted))
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


def fork() -> int:
    """As ``os.fork``, without what modules registered to happen in the fork, which costs more than the fork.

    Only for a process with one thread: no lock can be held by another one. The caller seeds what is random anew.
    """
    return int(_python.fork())


def prctl(option: int, *arguments: int) -> None:
    """Change a property of this process; OSError on failure."""
    call("prctl", option, *arguments, *([0] * (4 - len(arguments))))


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Mount a file system, or change the mount at ``target``; OSError that names the target."""
    try:
        call("mount", source.encode(), target.encode(), kind.encode(), flags, data.encode())
    except OSError as error:
        raise OSError(error.errno, f"mount {target}: {os.strerror(error.errno or 0)}") from None


def restrict_mount(target: str, flags: int) -> None:
    """Set mount attributes (``MS_RDONLY``, ...) on ``target`` and everything mounted below it."""
    attributes = flags.to_bytes(8, "little") + bytes(24)  # to set; to clear, propagation and users: nothing
    call("mount_setattr", _AT_FDCWD, target.encode(), _AT_RECURSIVE, attributes, len(attributes))


def set_capabilities(effective: int, permitted: int) -> None:
    """Set this thread's capability sets (bit masks); the inheritable set is emptied."""
    header = _CAPABILITY_VERSION.to_bytes(4, "little") + bytes(4)
    data = b"".join(
        (mask >> shift & 0xFFFFFFFF).to_bytes(4, "little")
        for shift in (0, 32)
        for mask in (effective, permitted, 0)
    )
    call("capset", header, data)


def capabilities() -> int:
    """This thread's permitted capabilities, as a bit mask."""
    header = _CAPABILITY_VERSION.to_bytes(4, "little") + bytes(4)
    data = ctypes.create_string_buffer(24)
    call("capget", header, data)
    return int.from_bytes(data.raw[4:8], "little") | int.from_bytes(data.raw[16:20], "little") << 32
