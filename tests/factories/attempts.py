"""Attempts at a statement, without anybody who made them."""

from __future__ import annotations

from propound.solving.attempt import Attempt


def attempt(
    answer: str | None, family: str = "q", number: int = 0, *, well_posed: bool | None = None
) -> Attempt:
    """An attempt of a model of that family, with that answer."""
    return Attempt(
        solver=f"{family}-model",
        family=family,
        version="v",
        number=number,
        well_posed=well_posed,
        program="" if answer is None else f"print({answer!r})",
        answer=answer,
        failure="there is no program in the reply" if answer is None else None,
        prompt="p",
    )


def attempts(said: str) -> list[Attempt]:
    """Attempts in short: a family's letter and the answer, "q36 g6"; "-" for none, and a "!" for not well posed.

    "+" says that the statement is well posed: "q36+ g36! g-".
    """
    found = []
    for number, word in enumerate(said.split()):
        answer = word[1:].rstrip("+!")
        well_posed = {"+": True, "!": False}.get(word[-1])
        found.append(attempt(None if answer == "-" else answer, word[0], number, well_posed=well_posed))
    return found
