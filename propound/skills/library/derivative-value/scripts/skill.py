"""Derivative of f(x) g(x) at x = point."""


def draw(rng, level, fixed):
    size = 3 + 2 * level

    def polynomial(degree):
        return [rng.randint(1, 1 + level), *(rng.randint(-size, size) for _ in range(degree))]

    return {
        "f": polynomial(2),
        "g": polynomial(rng.randint(1, 2)),
        "point": fixed.get("point", rng.randint(1, 6 * level)),
    }


def solve(p):
    # Horner's scheme carries value and slope of each factor
    def value_and_slope(polynomial):
        value = slope = 0
        for coefficient in polynomial:
            slope = slope * p["point"] + value
            value = value * p["point"] + coefficient
        return value, slope

    (f, f_slope), (g, g_slope) = value_and_slope(p["f"]), value_and_slope(p["g"])
    return f_slope * g + f * g_slope


def recompute(p):
    # expand the product, then differentiate it term by term
    product = [0] * (len(p["f"]) + len(p["g"]) - 1)
    for i, first in enumerate(p["f"]):
        for j, second in enumerate(p["g"]):
            product[i + j] += first * second
    degree = len(product) - 1
    return sum(
        (degree - index) * coefficient * p["point"] ** (degree - index - 1)
        for index, coefficient in enumerate(product[:-1])
    )


def degenerate(p, result):
    if result == 0:
        return "the derivative vanishes"
    if p["f"] == p["g"]:
        return "both factors are the same"
    if not any(p["f"][1:]) or not any(p["g"][1:]):
        return "a factor is a single power"
    return None
