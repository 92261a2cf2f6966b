"""The one place that runs untrusted code: programs that models and users write, and that may try anything.

A program gets an interpreter that no other program has used, an empty private folder, the Python runtime and
what it is given to read. It gets no network, no other file of the host, no other process to see or signal, no
privileges, and limits on time, memory, processes, files and output. How it ended is learnt from the kernel,
never from the program.

What this does not cover: errors in the kernel itself, whose interface a program reaches within the seccomp
filter; side channels (timing, caches, the load of the machine; where warm, that memory addresses are alike from
program to program); and, in the landlock tier, the names and
metadata of files that the service's user may look up. Processor limits hold per process, and so do memory limits
where no control group can be made; a program allowed n processes may use n times as much. For hostile tenants
put gVisor or Firecracker behind the same `Sandbox` protocol.
"""

from .execution import Execution, ExecutionStatus
from .limits import Limits
from .opening import available_tiers, open_sandbox
from .program import Program
from .protocol import Sandbox
from .tier import Tier
from .unavailable import SandboxUnavailable

__all__ = [
    "Execution",
    "ExecutionStatus",
    "Limits",
    "Program",
    "Sandbox",
    "SandboxUnavailable",
    "Tier",
    "available_tiers",
    "open_sandbox",
]
