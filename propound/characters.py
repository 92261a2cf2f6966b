"""Which characters a statement may hold: text and line ends, and nothing that is there but cannot be seen."""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")


def tidy(text: str) -> str:
    """The text with one kind of line end, and tabs as spaces."""
    return _LINE_END.sub("\n", text).replace("\t", " ")


def control_character(text: str) -> str | None:
    """The first control character other than a line end, as `U+000C`; None where there is none."""
    return next(
        (f"U+{ord(sign):04X}" for sign in text if sign != "\n" and unicodedata.category(sign) == "Cc"), None
    )


def hidden(text: str) -> tuple[str, int] | None:
    """The first character that a reader does not see, or that reorders what he sees, as `U+202E`, and its line.

    Control characters but line ends and tabs, marks of direction, blanks of no width, tags and lone surrogates: text of
    others can hide instructions in them. The joiners U+200C and U+200D stay; some scripts and emoji need them.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if line.isascii() and line.isprintable():
            continue
        for sign in line:
            unseen = unicodedata.category(sign) in _UNSEEN and sign not in "\t\u200c\u200d"
            if unseen or "\U000e0100" <= sign <= "\U000e01ef":
                return f"U+{ord(sign):04X}", number
    return None


def not_text(text: str) -> bool:
    """Whether it holds what PostgreSQL and JSON cannot: NUL or lone surrogates."""
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)
