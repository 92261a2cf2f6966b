r"""JSON as language models write it: with TeX in it, and one backslash where JSON wants two.

A JSON reader takes `"\frac"` as a form feed and `rac`, and refuses `"\sqrt"`. The rule here, for votes, turns
and structured calls alike, within the strings of a JSON text:

- a backslash that JSON knows no escape for (`\sqrt`, `\(`, `\upsilon`) is a backslash;
- `\n`, `\r` and `\t` are a command where the letters that follow are exactly one of `COMMANDS` (`\nu`, `\rho`,
  `\times`), and otherwise what JSON says: `"\nThen"` begins a new line;
- `\b` and `\f` before a letter are always a command: nobody means a backspace or a form feed;
- a string under the key `code` is a program, where a new line is a new line: there, only the first rule holds;
- line ends and tabs may stand in strings as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_COMMANDS = """
nabla natural ne nearrow neg neq newline nexists ngeq ngtr nleftarrow nleq nless nmid nobreak nolimits nonumber
normalsize not notag notin nparallel nprec nrightarrow nsim nsubseteq nsupseteq nu nwarrow
raisebox rangle rbrace rbrack rceil rfloor rgroup rho right rightarrow rightharpoonup rightleftharpoons rm rule rvert
rVert
tag tan tanh tau tbinom text textasciitilde textbf textcolor textdegree textit textmd textnormal textrm textsc textsf
textstyle texttt textup tfrac therefore theta thickapprox thicksim thinspace tilde times tiny to top triangle
triangledown triangleleft triangleq triangleright tt twoheadrightarrow
"""
COMMANDS = frozenset(_COMMANDS.split())
"""TeX commands whose backslash and first letter are an escape of JSON. `\\ni` is left out: `\\ni)` is a list."""

PROGRAMS = frozenset({"code"})
"""Keys of strings that hold programs."""

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:(u[0-9a-fA-F]{4})|([A-Za-z]+)|(.))", re.DOTALL)
_COLON = re.compile(r"\s*:")


def loads(text: str, *, parse_constant: Callable[[str], Any] | None = None) -> Any:
    """What a JSON text means, read by the rule above.

    Raises:
        ValueError: it is no JSON even so.
        RecursionError: it nests too deep.
    """
    return json.loads(mend(text), strict=False, parse_constant=parse_constant)


def mend(text: str) -> str:
    """The same text with two backslashes where they are meant; what is right is left as it is."""
    mended: list[str] = []
    at, key = 0, ""
    for match in _STRING.finditer(text):
        literal = match.group()
        if _COLON.match(text, match.end()):
            key = literal[1:-1]
        escape = _in_program if key in PROGRAMS else _in_text
        mended += (text[at : match.start()], _ESCAPE.sub(escape, literal) if "\\" in literal else literal)
        at = match.end()
    return "".join((*mended, text[at:]))


def _in_text(match: re.Match[str]) -> str:
    letters = match.group(2)
    if letters and (letters in COMMANDS or (letters[0] in "bf" and len(letters) > 1)):
        return f"\\{match.group()}"
    return _in_program(match)


def _in_program(match: re.Match[str]) -> str:
    number, letters, sign = match.groups()
    is_escape = number or (letters and letters[0] in "bfnrt") or (sign and sign in '"\\/')
    return match.group() if is_escape else f"\\{match.group()}"
