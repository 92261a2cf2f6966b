"""Which characters a statement may hold: text and line ends, and nothing that is there but cannot be seen."""

from __future__ import annotations

import re
import unicodedata

_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")


def tidy(text: str) -> str:
    """The text with one kind of line end, and tabs as spaces."""
    return _LINE_END.sub("\n", text).replace("\t", " ")


def control_character(text: str) -> str | None:
    """The first control character other than a line end, as `U+000C`; None where there is none."""
    return next(
        (f"U+{ord(sign):04X}" for sign in text if sign != "\n" and unicodedata.category(sign) == "Cc"), None
    )


def not_text(text: str) -> bool:
    """Whether it holds what PostgreSQL and JSON cannot: NUL or lone surrogates."""
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)
