"""The untrusted half: the program's source, run as the main module of the interpreter that was isolated for
it."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # without the cost of enum
import builtins
import os
import sys

from . import console

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

NAME = "program.py"
_SIGSTKFLT = 16
_LONG = 1 << 63


class Source:
    """Lets tracebacks and ``inspect`` show the program's lines although it is in no file."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_source(self, _name: str) -> str:
        """The program."""
        return self._text


_own_modules: list[str] = []


def prepare() -> list[str]:
    """Note which modules are none of a program's business; once for all programs that a process forks."""
    _own_modules[:] = [name for name in sys.modules if name.partition(".")[0] == __package__]
    return _own_modules


def run(text: str) -> NoReturn:
    """Run ``text`` as a script is run, and end this process with its exit code."""
    for name in _own_modules or prepare():
        del sys.modules[name]
    console.install()
    module = type(sys)("__main__")
    module.__dict__.update(__builtins__=builtins, __file__=NAME, __loader__=Source(text))
    sys.modules["__main__"] = module
    try:
        exec(compile(text, NAME, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - what the sandbox is for
        code = 0
    except SystemExit as request:
        code = _exit_code(request.code)
    except MemoryError:
        _out_of_memory()
    except BaseException as error:  # noqa: BLE001 - whatever ends the program is shown, as the interpreter does
        _show(error)
        code = 1
    _finish(code, module.__dict__)


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF if -_LONG <= code < _LONG else 0xFF
    print(code, file=sys.stderr)
    return 1


def _show(error: BaseException) -> None:
    error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
    if sys.excepthook is not sys.__excepthook__:
        sys.excepthook(type(error), error, error.__traceback__)
        return
    import traceback

    traceback.print_exception(error)


def _out_of_memory() -> NoReturn:
    """End by a signal that means nothing else; what the limit refused would else pass for an ordinary error."""
    _flush()
    _signal.signal(_SIGSTKFLT, _signal.SIG_DFL)
    os.write(2, b"MemoryError\n")
    os.kill(os.getpid(), _SIGSTKFLT)
    raise AssertionError("unreachable")


def _finish(code: int, names: dict[str, object]) -> NoReturn:
    """End as the interpreter does, which takes no more apart than the program's own ``names``: the process is about
    to disappear, but a file that nobody closed is written out when its last name goes."""
    try:
        if threading := sys.modules.get("threading"):
            threading._shutdown()  # noqa: SLF001
        import atexit

        atexit._run_exitfuncs()  # noqa: SLF001
    except BaseException as error:  # noqa: BLE001
        _show(error)
    done = _flush()
    try:
        for name in names.keys() - {"__builtins__"}:
            names[name] = None
        import gc

        gc.collect()
    except BaseException as error:  # noqa: BLE001
        _show(error)
    os._exit(code if _flush() and done else code or 120)


def _flush() -> bool:
    """Write out what was printed; False where that failed. A stream that is closed has nothing left to write."""
    done = True
    for stream in (sys.stdout, sys.stderr, sys.__stdout__):
        try:
            if stream is not None and not getattr(stream, "closed", False):
                stream.flush()
        except BaseException:  # noqa: BLE001 - the program may have put anything there
            done = False
    return done
