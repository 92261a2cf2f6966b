"""The hand-made problems in mathematics, worked out apart from what their authors hand in (see `work_out.py`)."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise, permutations, product
from math import comb, factorial, hypot, pi, sqrt
from typing import Any


def hand_m01() -> list[Any] | None:
    return [480 // 6 + 480 // 8 - 2 * (480 // 24)]


def hand_m02() -> list[Any] | None:
    return [(3**100 + 5**60) % 23]


def hand_m03() -> list[Any] | None:
    triples = list(combinations("gggggnnnn", 3))
    return [Fraction(sum(each.count("n") >= 2 for each in triples), len(triples))]


def hand_m04() -> list[Any] | None:
    return [Fraction(1 + 1 + 3 + 2 + 5 + 3 + 7 + 4, 8)]


def hand_m05() -> list[Any] | None:
    def triangle(a: Any, b: Any, c: Any) -> Fraction:
        return Fraction(abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])), 2)

    a, b, c, d = (0, 0), (8, 1), (9, 5), (3, 7)
    return [float(triangle(a, b, c) + triangle(a, c, d))]


def hand_m06() -> list[Any] | None:
    return [Fraction(2 * (25 + 13), 9)]


def hand_m07() -> list[Any] | None:
    return [22 * 17 + 3 * 21 * 22 // 2 - 12]


def hand_m08() -> list[Any] | None:
    return [7 * 2**9 - 3]


def hand_m09() -> list[Any] | None:
    ways = {(0, 0): 1}
    for x in range(7):
        for y in range(6):
            if (x, y) != (0, 0):
                ways[x, y] = 0 if (x, y) == (3, 2) else ways.get((x - 1, y), 0) + ways.get((x, y - 1), 0)
    return [ways[6, 5]]


def hand_m10() -> list[Any] | None:
    return [sum(1 for t in range(1, 3601) if t % 12 == t % 20 == t % 45 == 0)]


def hand_m11() -> list[Any] | None:
    return [min(63 * k - 4 for k in range(1, 10) if 63 * k - 4 > 100)]


def hand_m12() -> list[Any] | None:
    return [32 * 8 + 12 * 4 - 36 * 2 + 11]


def hand_m13() -> list[Any] | None:
    return [Fraction(4**3, 6)]


def hand_m14() -> list[Any] | None:
    return [comb(10, 4)]


def hand_m15() -> list[Any] | None:
    return [sum("LL" not in "".join(each) for each in set(permutations("BALLOON")))]


def hand_m16() -> list[Any] | None:
    return [sum(1 for each in product(range(2, 16), repeat=4) if sum(each) == 15)]


def hand_m17() -> list[Any] | None:
    found = [x for x in (Fraction(6), Fraction(4, 3)) if abs(2 * x - 5) == x + 1]
    return ["{" + ", ".join(map(str, sorted(found))) + "}"]


def hand_m18() -> list[Any] | None:
    inside = [x for x in range(-100, 101) if x * x / 100 - 5 * x / 10 + 4 < 0]
    return [f"({(min(inside) - 1) // 10}, {(max(inside) + 1) // 10})"]


def hand_m19() -> list[Any] | None:
    return [Fraction(5 * 64 - 246, 2)]


def hand_m20() -> list[Any] | None:
    return [round(Fraction(1000) * Fraction(104, 100) ** 3, 2)]


def hand_m21() -> list[Any] | None:
    return [Fraction(1800 * 60, 900 + 2100)]


def hand_m22() -> list[Any] | None:
    assert 5 * 343 + 6 * 49 + 2 * 7 + 3 == 2026
    return ["5623"]


def hand_m23() -> list[Any] | None:
    assert all((x + 2) ** 3 - x**3 == 6 * x**2 + 12 * x + 8 for x in range(4))
    return ["6x^2 + 12x + 8"]


def hand_m24() -> list[Any] | None:
    y = Fraction(8 - 30, 11)
    return [f"({15 + 4 * y}, {y})"]


def hand_m25() -> list[Any] | None:
    def fits(n: int) -> bool:
        digits = [int(each) for each in str(n)]
        return all(a < b for a, b in pairwise(digits)) and sum(digits) % 2 == 0

    return [sum(map(fits, range(1000, 10000)))]


def hand_m26() -> list[Any] | None:
    return [hypot(3, 4)]


def hand_m27() -> list[Any] | None:
    return [len(range(0, 101, 5))]


def hand_m28() -> list[Any] | None:
    return [Fraction(sum(map(sum, product(range(1, 7), repeat=3))), 216)]


def hand_m29() -> list[Any] | None:
    return [comb(12, 4)]


def hand_m30() -> list[Any] | None:
    return [a * (30 - a) for a in range(1, 16)]


def hand_m31() -> list[Any] | None:
    return [len(range(10, 51, 5)), len(range(15, 50, 5))]


def hand_m32() -> list[Any] | None:
    return [n + 2 for n in range(-100, 101, 2) if (n - 2) + n + (n + 2) == 46]


def hand_m33() -> list[Any] | None:
    return [] if 3 + 4 <= 8 else [0]


def hand_m34() -> list[Any] | None:
    return [comb(7, 3)]


def hand_m35() -> list[Any] | None:
    return [12]


def hand_m36() -> list[Any] | None:
    primes = [p for p in range(2, 30) if all(p % d for d in range(2, p))]
    return [sum(primes), sum(p % 4 == 1 for p in primes)]


def hand_m37() -> list[Any] | None:
    return None


def hand_m38() -> list[Any] | None:
    return [Fraction(3, 8) ** 2, Fraction(3, 8) * Fraction(2, 7)]


def hand_m39() -> list[Any] | None:
    return [len(list(combinations(range(9), 3)))]


def hand_m40() -> list[Any] | None:
    return [f"{80 * 0.8 * 0.9:.2f}"]


def hand_m41() -> list[Any] | None:
    return [100 * 101 // 2]


def hand_m42() -> list[Any] | None:
    return [min(n for n in range(20) if n * 48 >= 347)]


def hand_m43() -> list[Any] | None:
    return [Fraction(1, 10) + Fraction(1, 5)]


def hand_m44() -> list[Any] | None:
    return [n + 1 for n in range(1, 100) if n * (n + 1) == 72]


def hand_m45() -> list[Any] | None:
    return [len(list(permutations(range(5))))]


def hand_m46() -> list[Any] | None:
    return [sum(140 % d == 0 for d in range(1, 141))]


def hand_m47() -> list[Any] | None:
    terms = [2, 5]
    while len(terms) < 10:
        terms.append(terms[-1] + terms[-2])
    return [2 + 9 * 3, terms[9]]


def hand_m48() -> list[Any] | None:
    return [Fraction(2 * 40 * 60, 100), 50]


def hand_m49() -> list[Any] | None:
    return [x for x in range(21) if x * (20 - x) == 96]


def hand_m50() -> list[Any] | None:
    return [] if 4 * 4 - 4 * 7 < 0 else [0]


def hand_m51() -> list[Any] | None:
    return [both for both in range(16) if 20 + 15 - both == 40]


def hand_m52() -> list[Any] | None:
    rolls = list(product(range(1, 7), repeat=3))
    return [Fraction(sum(6 in roll for roll in rolls), len(rolls))]


def hand_m53() -> list[Any] | None:
    return [12 * 12]


def hand_m54() -> list[Any] | None:
    return [max(d for d in range(1, 85) if 84 % d == 0 and 120 % d == 0)]


def hand_m55() -> list[Any] | None:
    return [sum(range(1, 41))]


def hand_m56() -> list[Any] | None:
    return None


def hand_m57() -> list[Any] | None:
    return [5000 + 2 * 500, Fraction(5000) * Fraction(11, 10) ** 2]


def hand_m58() -> list[Any] | None:
    return [Fraction(240, 3 + 2)]


def hand_m59() -> list[Any] | None:
    return [sum(abs(each.index(0) - each.index(1)) > 1 for each in permutations(range(6)))]


def hand_m60() -> list[Any] | None:
    return [round(pi * 25, 2)]


def hand_m61() -> list[Any] | None:
    return ["".join(map(str, range(1, 101))).count("7")]


def hand_m62() -> list[Any] | None:
    return [c + 3 for c in range(60) if 3 * c + 10 == 40 and c > c + 7]


def hand_m63() -> list[Any] | None:
    return [Fraction(12, 3 + 2)]


def hand_m64() -> list[Any] | None:
    return [9 + 8 + 9 + 9 + 1]


def hand_m65() -> list[Any] | None:
    text = str(factorial(130))
    return [len(text) - len(text.rstrip("0"))]


def hand_m66() -> list[Any] | None:
    return [n for n in range(2, 100) if comb(n, 2) == 136]


def hand_m67() -> list[Any] | None:
    return [min(h for h in range(40) if 50 * 2**h > 500_000)]


def hand_m68() -> list[Any] | None:
    return [1 - Fraction(8, 10) ** 3]


def hand_m69() -> list[Any] | None:
    return [2 * -4 * -1 + 1 * 1 * 5 + 3 * 0 * 2 - 3 * -4 * 5 - 2 * 1 * 2 - 1 * 0 * -1]


def hand_m70() -> list[Any] | None:
    return [Fraction(24, 10)] if 7 * 7 + 24 * 24 == 25 * 25 else []


def hand_m71() -> list[Any] | None:
    return [Fraction(8 * k + 12 * (10 - k), 10) for k in range(11)]


def hand_m72() -> list[Any] | None:
    return [5 * Fraction(27, 5 - 2)]


def hand_m73() -> list[Any] | None:
    return [round(15 / sqrt(3), 2)]


def hand_m74() -> list[Any] | None:
    return [min((250 - 120) % 360, (120 - 250) % 360)]


def hand_m75() -> list[Any] | None:
    day, found = 1, 0
    for year in (2030, 2031, 2032):
        for length in (31, 29 if year % 4 == 0 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31):
            found += day % 7 == 6
            day += length
    return [found]


def hand_m76() -> list[Any] | None:
    rolls = [(a, b) for a in range(1, 7) for b in range(1, 7) if a % 2 or b % 2]
    return [Fraction(sum((a + b) % 2 for a, b in rolls), len(rolls))]


def hand_m77() -> list[Any] | None:
    return [pow(2, 2030, 10)]


def hand_m78() -> list[Any] | None:
    return [4 * 4 + 4 * (4 * 5)]


def hand_m79() -> list[Any] | None:
    return [Fraction(15 + 6 - 2 * 1, 60)]


def hand_m80() -> list[Any] | None:
    return [11 + 5 + 1]


def hand_m81() -> list[Any] | None:
    return [Fraction(v * 120, 120 - v) for v in (60, 80)]


def hand_m82() -> list[Any] | None:
    return [5 * 12 - (7 + 10 + 15 + 19)]


def hand_m83() -> list[Any] | None:
    return [x for x in range(10) if (402 + 10 * x) % 3 == 0]


def hand_m84() -> list[Any] | None:
    return ["{2, 3, 5, 7}"] if 2520 == 8 * 9 * 5 * 7 else []


def hand_m85() -> list[Any] | None:
    return [comb(8, 2)]


def hand_m86() -> list[Any] | None:
    return [(Fraction(100, 80) - 1) * 100]


def hand_m87() -> list[Any] | None:
    assert 5 * 5 + 12 * 12 == 13 * 13
    assert 9 * 9 + 12 * 12 == 15 * 15
    return [Fraction(14 * 12, 2)]


def hand_m88() -> list[Any] | None:
    return [32 - 1]


def hand_m89() -> list[Any] | None:
    return [x for x in range(1, 10) if x * x == 6 + x]


def hand_m90() -> list[Any] | None:
    return [(x, 2 * x + 1) for x in range(-50, 51) if 2 * (2 * x + 1) == 4 * x - 6]


def hand_m91() -> list[Any] | None:
    return [x for x in range(1, 200) if 600 + 30 * x == 20 * (40 + x)]


def hand_m92() -> list[Any] | None:
    return [r for r in range(21) if 4 * r + 2 * (20 - r) == 56]


def hand_m93() -> list[Any] | None:
    return [sum((6 - s) ** 2 for s in range(1, 6))]
