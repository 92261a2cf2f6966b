"""Finds the final answer in what a model wrote: the last box, else what follows "the answer is"."""

from __future__ import annotations

import re

from propound.verification.answers.limits import MAX_PROSE

_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
_LEAD = re.compile(
    r"\\text\s*\{[a-z ]*\banswer\s+is\s*(?::\s*)?\}|\banswer\b\s*(?:is\b\s*:?|:|=)|####", re.IGNORECASE
)
_WRAPPERS = (("**", "**"), ("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("`", "`"))


def extract(text: str) -> str:
    """The final answer in `text`: the content of the last \\boxed{...}, else the text without its lead.

    A last box that never closes (a cut-off text) is no box. Surrounding `$` and `**` and a final period go.
    """
    text = text[-MAX_PROSE:]
    box = _last_box(text)
    answer = text if box is None else box
    leads = list(_LEAD.finditer(answer))
    if leads:
        answer = answer[leads[-1].end() :]
    return _bare(answer)


def _last_box(text: str) -> str | None:
    boxes = list(_BOX.finditer(text))
    if not boxes:
        return None
    start = boxes[-1].end()
    depth, position = 1, start
    while position < len(text):
        sign = text[position]
        if sign == "\\":
            position += 2
            continue
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return text[start:position]
        position += 1
    return None


def _bare(text: str) -> str:
    text = text.strip()
    for _ in range(8):
        before = text
        if text.endswith(".") and not text.endswith(".."):
            text = text[:-1].rstrip()
        for opening, closing in _WRAPPERS:
            inner = text[len(opening) : -len(closing)]
            if text.startswith(opening) and text.endswith(closing) and inner and opening not in inner:
                text = inner.strip()
        if text == before:
            break
    return text
