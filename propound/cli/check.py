"""`propound check`: says whether an answer is the gold answer, alone or a file of them, without a server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, NoReturn

import typer
from typer.core import TyperCommand

from propound.cli.options import AsJson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from propound.answers import Comparison
    from propound.answers.kinds import AnswerKind

USAGE = 64
"""Exit code of wrong use; 2 says "undecided"."""
USAGE_OF_CLICK = 2

EXIT_CODES = {"equal": 0, "not_equal": 1, "undecided": 2}
LONGEST_LINE = 4_000_000
"""Bytes of one line of a batch; a longer one is not read."""


class Check(TyperCommand):
    """Takes answers such as -5 for what they are, and ends wrong use with its own exit code."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """As the base class does, with `USAGE` as the exit code of every complaint."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except Exception as error:
            # Click's UsageError, which newer versions of typer bring along under a name of their own.
            if getattr(error, "exit_code", None) == USAGE_OF_CLICK:
                vars(error)["exit_code"] = USAGE
            raise


def check(  # noqa: PLR0917 - typer tells arguments and options apart by their annotations
    gold: Annotated[
        str | None, typer.Argument(help="The right answer; with --batch the file (default: -).")
    ] = None,
    answer: Annotated[
        str | None, typer.Argument(help="The answer to compare; its last \\boxed{} counts.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help="Kind of the gold answer (integer, set, ...; docs/reference/answers.md); default: as it is written."
        ),
    ] = None,
    tolerance: Annotated[
        float | None, typer.Option(min=0, max=1, help="Relative tolerance, for kinds real and quantity.")
    ] = None,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch",
            help='Read lines {"gold", "answer", "kind"?, "relative_tolerance"?}, write a line {"result", "kind", '
            '"reason"} for each, in order; a line that cannot be read is undecided, with the reason.',
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare an answer with the right one.

    Ends with 0 when they are equal, 1 when they are not, 2 when that is undecided, 64 when called wrongly.
    """
    if batch:
        if answer is not None or kind is not None or tolerance is not None or as_json:
            _refuse("--batch takes one file and no other option")
        _check_lines(gold or "-")
        return
    if gold is None or answer is None:
        _refuse("GOLD and ANSWER are needed")
    from propound.answers import compare
    from propound.cli.output import console, plain, print_json

    found = compare(gold=gold, answer=answer, kind=_kind(kind), relative_tolerance=tolerance)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        console().print(plain(f"{found.result.replace('_', ' ')} ({found.kind}): {found.reason}"))
    raise typer.Exit(EXIT_CODES[found.result])


def _numbers_as_written(text: str) -> Any:
    import json

    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def row(line: bytes) -> dict[str, str | None]:
    """The outcome for one line of a batch. Total: a line that cannot be read is undecided, with the reason."""
    from propound.answers.kinds import AnswerKind
    from propound.texjson import mend

    try:
        text = line.decode("utf-8-sig", "surrogateescape")
        read = _numbers_as_written(mend(text))
        if isinstance(read, dict) and read.get("kind") in (AnswerKind.PROGRAM, AnswerKind.PROGRAM_OUTPUT):
            read = _numbers_as_written(text)
    except (ValueError, RecursionError):
        return _unread("the line is no JSON")
    if not isinstance(read, dict):
        return _unread("the line is no object")
    gold, answer = _text(read.get("gold")), _text(read.get("answer"))
    if gold is None or answer is None:
        return _unread("gold or answer is missing, or neither text nor a number")
    try:
        named = read.get("kind")
        kind = _named(named) if named is not None else None
    except KeyError:
        return _unread(f"an unknown kind; known are {', '.join(AnswerKind)}")
    found = _compared(gold, answer, kind, read.get("relative_tolerance"))
    return {"result": found.result.value, "kind": found.kind.value, "reason": found.reason}


def _compared(gold: str, answer: str, kind: AnswerKind | None, tolerance: object) -> Comparison:
    from propound.answers import compare

    try:
        relative = None if tolerance is None else float(str(tolerance))
    except ValueError:
        relative = float("nan")
    return compare(gold=gold, answer=answer, kind=kind, relative_tolerance=relative)


def _text(value: object) -> str | None:
    """A text; numbers stand as they are written in the line, truth values as words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None


def _unread(reason: str) -> dict[str, str | None]:
    return {"result": "undecided", "kind": None, "reason": reason}


def _named(name: object) -> AnswerKind | None:
    from propound.answers import kind_named

    if not isinstance(name, str):
        raise KeyError(name)
    return kind_named(name)


def _kind(name: str | None) -> AnswerKind | None:
    try:
        return None if name is None else _named(name)
    except KeyError:
        from propound.answers.kinds import AnswerKind

        _refuse(f"--kind is one of {', '.join(AnswerKind)}")


def _check_lines(source: str) -> None:
    import json

    with _opened(source) as stream:
        for line in _lines(stream):
            found = _unread("the line is over the limit of length") if line is None else row(line)
            sys.stdout.write(json.dumps(found) + "\n")
            sys.stdout.flush()


def _opened(source: str) -> BinaryIO:
    try:
        return sys.stdin.buffer if source == "-" else Path(source).open("rb")
    except (OSError, ValueError):
        _refuse("the file of the batch cannot be read")


def _lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """The lines, None for one that is too long; empty ones count only where another line follows."""
    empty = 0
    for line in _bounded(stream):
        if line is not None and not line.strip():
            empty += 1
            continue
        yield from [b""] * empty
        empty = 0
        yield line


def _bounded(stream: BinaryIO) -> Iterator[bytes | None]:
    while line := stream.readline(LONGEST_LINE):
        if line.endswith(b"\n") or len(line) < LONGEST_LINE:
            yield line
            continue
        while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass
        yield None


def _refuse(reason: str) -> NoReturn:
    """Ends with `USAGE`."""
    print(f"error: {reason}; see propound check --help", file=sys.stderr)
    raise typer.Exit(USAGE)
