"""Exact plane geometry with fractions: points are pairs, lines go through two points."""

from fractions import Fraction


def point(x, y):
    """A point with exact coordinates."""
    return Fraction(x), Fraction(y)


def distance_squared(a, b):
    """The squared distance of two points."""
    return (Fraction(a[0]) - b[0]) ** 2 + (Fraction(a[1]) - b[1]) ** 2


def turn(a, b, c):
    """Twice the signed area of the triangle: 0 if the three points lie on one line."""
    return (Fraction(b[0]) - a[0]) * (Fraction(c[1]) - a[1]) - (Fraction(b[1]) - a[1]) * (
        Fraction(c[0]) - a[0]
    )


def area(*corners):
    """Area of the polygon with the corners in order. ValueError if two of its sides cross or touch."""
    sides = list(zip(corners, corners[1:] + corners[:1]))
    for index, (a, b) in enumerate(sides):
        for c, d in sides[index + 2 : len(sides) - (index == 0)]:
            if _meet(a, b, c, d):
                raise ValueError(f"the side {a}-{b} crosses the side {c}-{d}: corners are out of order")
    return abs(sum(Fraction(a[0]) * b[1] - Fraction(a[1]) * b[0] for a, b in sides)) / 2


def _meet(a, b, c, d):
    """Whether two sides have a point in common."""
    if turn(a, b, c) == turn(a, b, d) == 0:  # on one line
        return all(max(a[i], b[i]) >= min(c[i], d[i]) and max(c[i], d[i]) >= min(a[i], b[i]) for i in (0, 1))
    return turn(a, b, c) * turn(a, b, d) <= 0 and turn(c, d, a) * turn(c, d, b) <= 0


def intersection(a, b, c, d):
    """Where the line through a and b meets the line through c and d. ValueError if they are parallel."""
    ux, uy = Fraction(b[0]) - a[0], Fraction(b[1]) - a[1]
    vx, vy = Fraction(d[0]) - c[0], Fraction(d[1]) - c[1]
    cross = ux * vy - uy * vx
    if cross == 0:
        raise ValueError("the lines are parallel")
    step = ((Fraction(c[0]) - a[0]) * vy - (Fraction(c[1]) - a[1]) * vx) / cross
    return a[0] + step * ux, a[1] + step * uy


def foot(p, a, b):
    """The point of the line through a and b that is nearest to p."""
    ux, uy = Fraction(b[0]) - a[0], Fraction(b[1]) - a[1]
    step = ((Fraction(p[0]) - a[0]) * ux + (Fraction(p[1]) - a[1]) * uy) / (ux * ux + uy * uy)
    return a[0] + step * ux, a[1] + step * uy


def reflection(p, a, b):
    """The mirror image of p in the line through a and b."""
    x, y = foot(p, a, b)
    return 2 * x - p[0], 2 * y - p[1]


def circle_through(a, b, c):
    """Centre and squared radius of the circle through three points. ValueError if they lie on one line."""
    if turn(a, b, c) == 0:
        raise ValueError("the points lie on one line")
    middle_ab = ((Fraction(a[0]) + b[0]) / 2, (Fraction(a[1]) + b[1]) / 2)
    middle_ac = ((Fraction(a[0]) + c[0]) / 2, (Fraction(a[1]) + c[1]) / 2)
    along_ab = (middle_ab[0] - (b[1] - a[1]), middle_ab[1] + (b[0] - a[0]))
    along_ac = (middle_ac[0] - (c[1] - a[1]), middle_ac[1] + (c[0] - a[0]))
    centre = intersection(middle_ab, along_ab, middle_ac, along_ac)
    return centre, distance_squared(centre, a)
