"""Sum of r ** k over the complex roots r of f(x) = c, with multiplicity."""

from fractions import Fraction


def draw(rng, level, fixed):
    degree = 2 if rng.random() < 0.5 else 3
    inner = [rng.randint(-3 - level, 3 + level) or rng.randint(-1, 1) for _ in range(degree - 1)]
    shift = -1 if rng.random() < 0.05 else rng.randint(0, 1 if degree == 3 else 1 + level // 2)
    return {
        "f": [rng.randint(2, 2 + level), *inner, 0],
        "c": fixed.get("c", rng.randint(1, 30 * level)),
        "k": degree + shift,
    }


def solve(p):
    # Newton's identities for the monic polynomial x^d + m_1 x^(d-1) + ... + m_d
    monic = [Fraction(value, p["f"][0]) for value in [*p["f"][:-1], p["f"][-1] - p["c"]]]
    degree, sums = len(monic) - 1, []
    for k in range(1, p["k"] + 1):
        value = -k * monic[k] if k <= degree else Fraction(0)
        for index in range(1, min(k - 1, degree) + 1):
            value -= monic[index] * sums[k - index - 1]
        sums.append(value)
    return sums[-1]


def recompute(p):
    # trace of a power of the companion matrix
    lead, tail = p["f"][0], [*p["f"][1:-1], p["f"][-1] - p["c"]]
    size = len(tail)
    matrix = [[Fraction(-tail[column], lead) for column in range(size)]]
    matrix += [[Fraction(int(column == row)) for column in range(size)] for row in range(size - 1)]
    power = matrix
    for _ in range(p["k"] - 1):
        power = [
            [sum(power[i][j] * matrix[j][k] for j in range(size)) for k in range(size)] for i in range(size)
        ]
    return sum((power[i][i] for i in range(size)), Fraction(0))


def degenerate(p, result):
    if not any(p["f"][1:-1]):
        return "the equation is a pure power"
    if p["k"] < len(p["f"]) - 1:
        return "the sum does not depend on the right-hand side"
    if result == 0:
        return "the sum vanishes"
    return None
