"""Marks that nobody who writes a problem can guess: the fences around it, and the tickets of its verdicts."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from itertools import count


@dataclass(frozen=True)
class Marks:
    """Draws marks from a secret: equal requests get equal marks, so that a reply that is kept is found again."""

    secret: bytes = field(repr=False)
    """Of the ledger in which the requests are found again."""

    def draw(self, use: str, *texts: str) -> str:
        """Sixteen hex digits that stand in none of the texts and follow from secret, use and texts."""
        message = "\0".join([use, *texts]).encode("utf-8", "surrogatepass")
        for number in count():
            mark = hmac.new(self.secret, b"%d\0%s" % (number, message), hashlib.sha256).hexdigest()[:16]
            if not any(mark in text for text in texts):
                return mark
        raise AssertionError("unreachable")
