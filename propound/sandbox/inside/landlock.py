"""Which files a program may open, enforced by the kernel's Landlock module on this process and all it starts.

Landlock rules on contents, not on names: the metadata of a file elsewhere can be seen where the user may see
it, and changes of mode, owner and time are left to the seccomp filter.
"""

from __future__ import annotations

import os
import struct
from stat import S_ISDIR

from . import kernel

EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
REMOVE_DIR = 1 << 4
REMOVE_FILE = 1 << 5
MAKE_DIR = 1 << 7
MAKE_REG = 1 << 8
MAKE_SYM = 1 << 12
REFER = 1 << 13
TRUNCATE = 1 << 14

READ = EXECUTE | READ_FILE | READ_DIR
WRITE = WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | REFER | TRUNCATE
_FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

_HANDLED = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}
_NETWORK = 0b11
_SCOPES = 0b11
_RULE_PATH_BENEATH = 1
_VERSION_QUERY = 1
SCOPED_SIGNALS_SINCE = 6


def version() -> int:
    """The Landlock interface of this kernel, 0 where there is none."""
    try:
        return kernel.call("landlock_create_ruleset", None, 0, _VERSION_QUERY)
    except OSError:
        return 0


def ruleset(readable: list[str], writable: list[str], devices: list[str]) -> int:
    """A descriptor of the rules: reading below ``readable``, everything below ``writable``, reading and writing
    of ``devices``; no more.

    A path that does not exist is an error, as is a kernel without Landlock.
    """
    interface = version()
    if not interface:
        raise OSError("Landlock is not available")
    handled = _HANDLED[min(interface, 5)]
    attributes = struct.pack("=Q", handled)
    if interface >= 4:
        attributes += struct.pack("=Q", _NETWORK)
    if interface >= SCOPED_SIGNALS_SINCE:
        attributes += struct.pack("=Q", _SCOPES)
    rules = kernel.call("landlock_create_ruleset", attributes, len(attributes), 0)
    granted = [(path, READ) for path in readable]
    granted += [(path, READ | WRITE) for path in writable]
    granted += [(path, READ_FILE | WRITE_FILE | TRUNCATE) for path in devices]
    for path, rights in granted:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        possible = handled if S_ISDIR(os.fstat(descriptor).st_mode) else handled & _FILE_RIGHTS
        rule = struct.pack("=Qi", rights & possible, descriptor)
        kernel.call("landlock_add_rule", rules, _RULE_PATH_BENEATH, rule, 0)
        os.close(descriptor)
    return rules


def restrict(rules: int) -> None:
    """Put this process, and all that it starts, under ``rules`` for good, and close them. Needs no_new_privs."""
    kernel.call("landlock_restrict_self", rules, 0)
    os.close(rules)
