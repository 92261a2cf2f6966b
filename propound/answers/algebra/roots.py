"""Shows that two polynomials in several letters vanish in different places."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from propound.answers.algebra.rational import Polynomial

DIGITS = 40
_MOST_DEGREE = 12
_POINTS = (Fraction(7_310_585, 10**7), Fraction(-16_180_339, 10**7), Fraction(31_622_776, 10**7))


def differ_in_roots(a: Polynomial, b: Polynomial) -> bool:
    """Whether, on a line through fixed points, one has a root that the other has not. False says nothing.

    Roots are complex, so that curves without real points are told apart, too.
    """
    letters = sorted({name for monomial in (*a, *b) for name, _ in monomial if not name.startswith(" ")})
    for letter in letters:
        others = [name for name in letters if name != letter]
        for row in range(len(_POINTS)):
            at = {name: _POINTS[(row + column) % len(_POINTS)] + column for column, name in enumerate(others)}
            if _missing(a, b, letter, at) or _missing(b, a, letter, at):
                return True
    return False


def _missing(a: Polynomial, b: Polynomial, letter: str, at: dict[str, Fraction]) -> bool:
    """Whether a root of `a` in `letter` is none of `b`, beyond the errors of both."""
    from mpmath.ctx_mp import MPContext  # a context of its own: threads do not share it
    from mpmath.libmp.libhyper import NoConvergence

    context = MPContext()
    context.dps = DIGITS
    ours, theirs = _coefficients(context, a, letter, at), _coefficients(context, b, letter, at)
    if not 2 <= len(ours) <= _MOST_DEGREE + 1 or len(theirs) > _MOST_DEGREE + 1:
        return False
    try:
        found, error = context.polyroots(ours, maxsteps=100, extraprec=3 * DIGITS, error=True)
    except (NoConvergence, ZeroDivisionError):
        return False
    if error > context.mpf(10) ** -(DIGITS // 3):
        return False
    for root in found:
        size = sum(abs(one) * abs(root) ** power for power, one in enumerate(reversed(theirs)))
        if abs(context.polyval(theirs, root)) > size * context.mpf(10) ** -6:
            return True
    return False


def _coefficients(context: Any, polynomial: Polynomial, letter: str, at: dict[str, Fraction]) -> list[Any]:
    """Of the highest power first; pi and e are what they are."""
    constants = {" pi": context.pi, " e": context.e}
    found: dict[int, Any] = {}
    for monomial, coefficient in polynomial.items():
        value = context.mpf(coefficient.numerator) / coefficient.denominator
        for name, degree in monomial:
            if name != letter:
                factor = constants.get(name)
                value *= (
                    factor if factor is not None else context.mpf(at[name].numerator) / at[name].denominator
                ) ** degree
        degree = dict(monomial).get(letter, 0)
        found[degree] = found.get(degree, context.zero) + value
    coefficients = [found.get(power, context.zero) for power in range(max(found), -1, -1)]
    while coefficients and not coefficients[0]:
        coefficients.pop(0)
    return coefficients
