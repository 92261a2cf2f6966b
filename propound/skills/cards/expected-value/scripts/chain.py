"""Exact means and chances of a process with few states: expected steps to the end, and where it ends."""

from fractions import Fraction

MOST = 200
"""Most states."""


def expected_steps(moves, start, ends):
    """Expected number of moves until a state of `ends` is reached.

    moves: {state: {next state: chance}}, for all states but the ends; the chances of a state add up to 1.
    ValueError if they do not, if a state is unknown, or if the process may never end.
    """
    return _solve(moves, ends, {end: Fraction(0) for end in ends}, Fraction(1))[start]


def chance_of(moves, start, ends, wanted):
    """Chance that the first state of `ends` that is reached is one of `wanted`."""
    return _solve(moves, ends, {end: Fraction(end in wanted) for end in ends}, Fraction(0))[start]


def _solve(moves, ends, fixed, reward):
    states = [state for state in moves if state not in ends]
    if len(states) > MOST:
        raise ValueError(f"more than {MOST} states")
    known = {*states, *ends}
    for state in states:
        chances = [Fraction(chance) for chance in moves[state].values()]
        if sum(chances) != 1 or min(chances) < 0:
            raise ValueError(f"the chances from {state!r} add up to {sum(chances)}, not 1")
        if not set(moves[state]) <= known:
            raise ValueError(f"{sorted(map(str, set(moves[state]) - known))} are states without moves")
    rows = []
    for index, state in enumerate(states):
        row = [Fraction(0)] * (len(states) + 1)
        row[index] += 1
        row[-1] += reward
        for target, chance in moves[state].items():
            if target in fixed:
                row[-1] += Fraction(chance) * fixed[target]
            else:
                row[states.index(target)] -= Fraction(chance)
        rows.append(row)
    return dict(zip(states, _eliminated(rows))) | fixed


def _eliminated(rows):
    size = len(rows)
    for column in range(size):
        pivot = next((row for row in range(column, size) if rows[row][column]), None)
        if pivot is None:
            raise ValueError("from some state the process never ends")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        scale = rows[column][column]
        rows[column] = [value / scale for value in rows[column]]
        for row in range(size):
            factor = rows[row][column]
            if row != column and factor:
                rows[row] = [value - factor * above for value, above in zip(rows[row], rows[column])]
    return [row[-1] for row in rows]
