"""A Python that is isolated once, imports once, and forks a program's process for every job.

    launcher ──(namespaces tier: first process of its own namespaces)── zygote ── program (one at a time)

The zygote does what launcher and supervisor do for a single program, so a job costs one fork. It never runs a
program's code nor reads what a program is given or writes: program and files pass by it in a sealed descriptor
that only the forked process opens. Nothing outlives a job: its processes are ended and reaped, its file system
is unmounted, its number is used again, and whatever fails ends the zygote, which is then replaced.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # without the cost of enum
import _socket
import gc
import importlib
import marshal
import os
import select
import sys

from . import kernel, launch, memory, namespaces, privileges, program, removal, seccomp, supervising

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from propound.sandbox.request import Job, Report, Request, Warming

_SIGINT = 2
_LONGEST_MESSAGE = 65536
_DESCRIPTORS = 4
_INT = 4
_PROGRAM = 2
"""The program's number where the zygote is the first process."""
_USUAL_HANDSHAKE = 64
_CLOSE_ON_EXEC = getattr(_socket, "MSG_CMSG_CLOEXEC", 0)


def main(warming_fd: int, control_fd: int, owner_fd: int, group_fd: int = -1) -> NoReturn:
    """Become the zygote that ``warming_fd`` describes and serve ``control_fd`` until ``owner_fd``'s process ends.

    Programs enter the control group of ``group_fd``, where there is one; the zygote stays outside.
    """
    _signal.signal(_SIGINT, _signal.SIG_IGN)
    control = _socket.socket(fileno=control_fd)
    try:
        zygote = Zygote(control, owner_fd, group_fd)
        names = zygote.warm_up(warming_fd)
        control.send(marshal.dumps({"modules": names}))
        while zygote.serve():
            pass
    except BaseException as error:  # noqa: BLE001 - told to the service, which starts another one
        control.send(marshal.dumps({"failed": f"{type(error).__name__}: {error}"[:500]}))
    finally:
        os._exit(0)


class Zygote:
    """One job at a time, from ``control``."""

    def __init__(self, control: _socket.socket, owner_fd: int, group_fd: int) -> None:
        self._group_fd = group_fd
        self._control = control
        self._owner_fd = owner_fd
        self._next_number: int | None = None
        self._preloaded_bytes = 0
        self._scratch = ""
        self._request: Request

    def warm_up(self, warming_fd: int) -> list[str]:
        """Isolate this process and import what programs will need; the names of all imported modules."""
        with open(warming_fd, "rb") as message:
            warming: Warming = marshal.load(message)  # noqa: S302 - from the service
        self._request = request = warming["request"]
        launch.be_the_first_to_go()
        descriptors = (0, 1, 2, self._control.fileno(), self._owner_fd, self._group_fd)
        if request["tier"] == "namespaces":
            launch.enter_namespaces(request, descriptors)
            self._next_number = _counter()
        else:
            kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
        size, maps = (_opened(f"/proc/self/{name}", os.O_RDONLY) for name in ("statm", "maps"))
        if request["tier"] == "namespaces":
            namespaces.build_root(request, writable=False)
        before = _address_space(size)
        for path, names in warming["modules"]:
            _preload(path, names)
        os.chdir("/")
        privileges.bind()
        for children, signals_to in ((False, _PROGRAM), (True, None)):
            seccomp.prepare(
                seccomp.NOTIFY, children=children, signals_to=signals_to, handshake=_USUAL_HANDSHAKE
            )
        sys.stdout.flush()  # fails if an import has printed: every program would print it
        program.prepare()
        gc.collect()
        gc.disable()
        gc.freeze()  # a collector's marks would copy every page that programs share
        if maps is not None:
            with open(maps) as addresses:
                memory.use_large_pages(addresses.read())
        self._preloaded_bytes = _address_space(size) - before
        if size is not None:
            os.close(size)
        return sorted({name.partition(".")[0] for name in sys.modules})

    def serve(self) -> bool:
        """Run one job, if one comes; False when nobody will send any more."""
        poller = select.poll()
        poller.register(self._control.fileno(), select.POLLIN)
        poller.register(self._owner_fd, select.POLLIN)
        if self._owner_fd in dict(poller.poll()):
            return False
        room = _socket.CMSG_SPACE(_DESCRIPTORS * _INT)
        message, ancillary, _, _ = self._control.recvmsg(_LONGEST_MESSAGE, room, _CLOSE_ON_EXEC)
        if not message:
            return False
        job: Job | None = marshal.loads(message)  # noqa: S302 - from the service
        if job is None:
            return True  # a request to stop a job that had ended by then
        [(_, _, packed)] = ancillary
        descriptors = [
            int.from_bytes(packed[at : at + _INT], sys.byteorder) for at in range(0, len(packed), _INT)
        ]
        report = self._run(job, descriptors)
        self._control.send(marshal.dumps(dict(report)))
        if self._request["tier"] == "namespaces":
            namespaces.unmount_scratch(self._request)
        return True

    def _run(self, job: Job, descriptors: list[int]) -> Report:
        request: Request = {**self._request, **job}
        request["memory_bytes"] += self._preloaded_bytes
        if request["tier"] == "namespaces":
            namespaces.mount_scratch(request)
        launch.prepare_scratch(request)
        if request["scratch"] != self._scratch:
            self._scratch = request["scratch"]
            launch.set_environment(request)
        rules = launch.file_rules(request)
        if self._next_number is not None:
            os.pwrite(self._next_number, b"1", 0)  # the next process is number 2 again
        ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
        process = kernel.fork()
        if not process:
            _begin(request, theirs, descriptors, rules, self._group_fd)
        theirs.close()
        if rules is not None:
            os.close(rules)
        for descriptor in descriptors:
            os.close(descriptor)
        try:
            return supervising.supervise(process, ours, (self._control.fileno(), self._owner_fd), request)
        finally:
            if request["tier"] != "namespaces":
                removal.remove_tree(request["scratch"])


def _begin(
    request: Request, handshake: _socket.socket, descriptors: list[int], rules: int | None, group_fd: int
) -> NoReturn:
    """The forked process: from here on it is the program's, and must never return."""
    try:
        gc.enable()
        payload, *streams = descriptors
        content = os.pread(payload, os.fstat(payload).st_size, 0)
        request["program"], request["files"] = marshal.loads(content)  # noqa: S302 - from the service
        for number, descriptor in enumerate(streams):
            os.dup2(descriptor, number)
        _renew()
        launch.become_program(request, handshake.detach(), rules, group_fd)
    finally:
        os._exit(1)


def _renew() -> None:
    """What `kernel.fork` leaves to do: a fork would else draw the numbers that every other fork draws."""
    if threading := sys.modules.get("threading"):
        threading.main_thread()._set_native_id()  # noqa: SLF001
    for name, function in (("random", "seed"), ("numpy.random", "seed"), ("sympy.core.random", "seed")):
        if module := sys.modules.get(name):
            getattr(module, function)()


def _preload(path: list[str], names: list[str]) -> None:
    """Import ``names`` from ``path``; one that is missing or fails is left to the program that wants it."""
    sys.path[:] = path
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001, S112
            continue


def _counter() -> int | None:
    """Where the number of the next process is set in this namespace, None where that is not allowed."""
    counter = _opened("/proc/sys/kernel/ns_last_pid", os.O_WRONLY)
    if counter is None:
        return None
    try:
        os.pwrite(counter, b"1", 0)
    except OSError:
        os.close(counter)
        return None
    return counter


def _opened(path: str, flags: int) -> int | None:
    try:
        return os.open(path, flags | os.O_CLOEXEC)
    except OSError:
        return None


def _address_space(size: int | None) -> int:
    """Bytes of this process's address space, 0 where that is not known."""
    if size is None:
        return 0
    return int(os.pread(size, 64, 0).split()[0]) * os.sysconf("SC_PAGESIZE")
