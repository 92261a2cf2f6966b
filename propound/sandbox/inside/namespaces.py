"""A machine of its own for one program: processes, mounts, network, users and names that nobody else has."""

from __future__ import annotations

import os
from stat import S_ISDIR

from . import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from propound.sandbox.request import Request

_HOST = "/.host"
_OWN = (
    kernel.CLONE_NEWNS
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWCGROUP
)
_READ_ONLY = kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV
_INSIDE_ID = 1000


def enter(user: int | None) -> None:
    """Leave the host's namespaces; the next child is the first process of the new ones.

    Root needs no user namespace and gets none: the program becomes ``user``, who owns no namespace at all.
    Anyone else makes a user namespace, in which the caller's own id is the only one that exists.
    """
    if user is not None:
        kernel.call("unshare", _OWN)
        return
    user_id, group_id = os.geteuid(), os.getegid()
    kernel.call("unshare", _OWN | kernel.CLONE_NEWUSER)
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{_INSIDE_ID} {user_id} 1"),
        ("gid_map", f"{_INSIDE_ID} {group_id} 1"),
    ):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY | os.O_CLOEXEC)
        os.write(descriptor, content.encode())
        os.close(descriptor)


def build_root(request: Request, *, writable: bool = True) -> None:
    """Replace the file system by what the request exposes, read-only, and an empty scratch folder, which is
    left for `mount_scratch` where it is not to be ``writable`` yet."""
    staging, scratch = request["staging"], request["scratch"]
    kernel.mount("", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", staging, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=1m,mode=755")
    os.mkdir(staging + _HOST)
    kernel.call("pivot_root", staging.encode(), (staging + _HOST).encode())
    os.chdir("/")
    os.makedirs(scratch)
    if writable:
        mount_scratch(request)
    for target, source in request["exposed"]:
        _bind(_HOST + source, target)
        kernel.restrict_mount(target, _READ_ONLY)
    for device in request["devices"]:
        _bind(_HOST + device, device)
    os.symlink(scratch, "/dev/shm")  # noqa: S108
    kernel.call("umount2", _HOST.encode(), kernel.MNT_DETACH)
    os.rmdir(_HOST)
    kernel.mount("", "/", "", kernel.MS_REMOUNT | kernel.MS_BIND | _READ_ONLY)
    kernel.call("sethostname", b"sandbox", 7)


def mount_scratch(request: Request) -> None:
    """An empty file system of limited size, in memory, over the scratch folder."""
    owner = _INSIDE_ID if request["user"] is None else request["user"]
    room = request["file_bytes"] + request["given_bytes"] + (1 << 20)
    kernel.mount(
        "tmpfs",
        request["scratch"],
        "tmpfs",
        kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC,
        f"size={room},nr_inodes=8192,mode=700,uid={owner},gid={owner}",
    )


def unmount_scratch(request: Request) -> None:
    """Take that file system away, and with it all that is in it."""
    kernel.call("umount2", request["scratch"].encode(), kernel.MNT_DETACH)


def _bind(source: str, target: str) -> None:
    if S_ISDIR(os.stat(source).st_mode):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target):
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC))
    kernel.mount(source, target, "", kernel.MS_BIND | kernel.MS_REC)
