"""Turns a freshly started interpreter into an isolated program and the process that watches it.

    launcher ──(namespaces tier: first process of its own namespaces)── supervisor ── program

The supervisor and the launcher run only this package. The program's process isolates itself step by step,
says "ready", closes all but its three streams, and only then reads the program's first line. Any step that
fails ends it.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # without the cost of enum
import _socket
import marshal
import os
import sys

from . import kernel, landlock, namespaces, privileges, program, removal, seccomp, supervising

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from propound.sandbox.request import Report, Request

_SIGINT, _SIGKILL, _SIGXFSZ = 2, 9, 25
_MOST_FDS = 1 << 30


def main(request_fd: int, report_fd: int, control_fd: int, group_fd: int = -1) -> NoReturn:
    """Run the request that can be read from ``request_fd`` and report on ``report_fd``; the program enters the
    control group of ``group_fd``, where there is one."""
    _signal.signal(_SIGINT, _signal.SIG_IGN)  # Python's handler would let the program signal its supervisor
    try:
        report = _run(request_fd, control_fd, report_fd, group_fd)
    except supervising.SetupError as failure:
        report = {"failed": str(failure)}
    except BaseException as error:  # noqa: BLE001 - every failure is reported, none may look like the program's
        report = {"failed": f"{type(error).__name__}: {error}"}
    if "failed" in report:
        report["failed"] = report["failed"][:500]  # written at once, so it must fit a pipe's atomic size
    os.write(report_fd, marshal.dumps(dict(report)))
    os._exit(0)


def _run(request_fd: int, control_fd: int, report_fd: int, group_fd: int) -> Report:
    with open(request_fd, "rb") as message:
        request: Request = marshal.load(message)  # noqa: S302 - from the service
    be_the_first_to_go()
    if request["tier"] == "namespaces":
        enter_namespaces(request, (0, 1, 2, report_fd, control_fd, group_fd))
        namespaces.build_root(request)
    elif request["tier"] == "landlock":
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    prepare_scratch(request)
    set_environment(request)
    rules = file_rules(request)
    ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    process = os.fork()
    if not process:
        ours.detach()
        become_program(request, theirs.detach(), rules, group_fd)
    theirs.close()
    silence = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    try:
        return supervising.supervise(process, ours, (control_fd,), request)
    finally:
        if request["tier"] == "landlock":
            removal.remove_tree(request["scratch"])


def enter_namespaces(request: Request, descriptors: tuple[int, ...]) -> None:
    """Return as the first process of new namespaces, with ``descriptors``; this process waits and ends."""
    namespaces.enter(request["user"])
    first = os.fork()
    if first:
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)
        os.waitpid(first, 0)
        os._exit(0)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, _SIGKILL)


def be_the_first_to_go() -> None:
    """When the machine runs out of memory, the kernel should take the program and not the service."""
    try:
        with open("/proc/self/oom_score_adj", "wb") as score:
            score.write(b"1000")
    except OSError:
        return  # no isolation depends on it, and bubblewrap's tree has no /proc


def prepare_scratch(request: Request) -> None:
    """Make the work directory, and give it to the program's user."""
    owner = request["user"]
    work = request["scratch"] + "/work"
    os.mkdir(work, 0o700)
    if owner is not None:
        os.chown(request["scratch"], owner, owner)
        os.chown(work, owner, owner)


def set_environment(request: Request) -> None:
    """Give this process, and so the program's, the environment of the program."""
    scratch = request["scratch"]
    environment = {**request["environment"], "HOME": scratch + "/work", "TMPDIR": scratch}
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)


def file_rules(request: Request) -> int | None:
    """What the program may do with which files, as a descriptor for `become_program`. Where mounts decide that
    already, a kernel without Landlock gives None."""
    if request["tier"] != "landlock" and not landlock.version():
        return None
    exposed = [target for target, _ in request["exposed"]]
    return landlock.ruleset(exposed, [request["scratch"]], request["devices"])


def become_program(request: Request, handshake_fd: int, rules: int | None, group_fd: int) -> NoReturn:
    """Isolate this process, say so on ``handshake_fd``, and run the program with the streams that are open."""
    handshake = handshake_fd
    try:
        if (
            group_fd >= 0 and request["processes"] > 1
        ):  # the kernel may take 20 ms, and the limit on one is enough
            os.write(group_fd, b"0")
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        if rules is not None:
            landlock.restrict(rules)
        # The number is the first that the program, under its limit, can never have.
        handshake = os.dup2(handshake_fd, request["open_files"])
        kernel.call("close_range", 3, handshake - 1, 0)
        kernel.call("close_range", handshake + 1, _MOST_FDS, 0)
        _isolate(request, _socket.socket(fileno=handshake))
    except BaseException as error:  # noqa: BLE001 - told to the supervisor, which reports it
        os.write(handshake, f"{type(error).__name__}: {error}".encode(errors="replace")[:4000])
        os._exit(1)
    program.run(request["program"])


def _isolate(request: Request, handshake: _socket.socket) -> None:
    os.setsid()
    privileges.drop(request["user"], [target for target, _ in request["exposed"]])
    kernel.prctl(kernel.PR_SET_PDEATHSIG, _SIGKILL)
    _enter_work_directory(request)
    privileges.limit(
        cpu_s=request["cpu_s"],
        memory_bytes=request["memory_bytes"],
        file_bytes=request["file_bytes"],
        open_files=request["open_files"],
        processes=request["process_limit"],
    )
    _restore_signals()
    own_signals_only = request["tier"] == "landlock" and landlock.version() < landlock.SCOPED_SIGNALS_SINCE
    listener = seccomp.install(
        children=request["processes"] > 1,
        signals_to=os.getpid() if request["processes"] == 1 or own_signals_only else None,
        handshake=handshake.fileno(),
    )
    if listener is None:
        handshake.send(b"ready")
    else:
        rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, listener.to_bytes(4, sys.byteorder))
        handshake.sendmsg([b"ready"], [rights])
        os.close(listener)
    handshake.close()


def _enter_work_directory(request: Request) -> None:
    work = request["scratch"] + "/work"
    os.chdir(work)
    for name, content in request["files"].items():
        if folder := os.path.dirname(name):
            os.makedirs(folder, exist_ok=True)
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
    sys.argv[:] = [program.NAME]
    sys.path[:] = [work, *request["import_path"]]


def _restore_signals() -> None:
    """A file that grows too large ends the program, as an ordinary process and not as Python does it."""
    _signal.signal(_SIGXFSZ, _signal.SIG_DFL)
    _signal.signal(_SIGINT, _signal.default_int_handler)
