"""The hand-made problems in coding, worked out apart from what their authors hand in (see `work_out.py`)."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, groupby, pairwise, product
from math import dist
from typing import Any


def hand_c01(numbers: Any) -> list[Any] | None:
    total = 0
    for n in numbers:
        if n in range(-50, 51, 2):
            total += n**2
    return [total]


def hand_c02(text: Any) -> list[Any] | None:
    return ["".join(f"{letter}{len(list(run))}" for letter, run in groupby(text))]


def hand_c03(values: Any) -> list[Any] | None:
    n = len(values)
    blocks = [values[i:j] for i in range(n) for j in range(i + 1, n + 1)]
    return [max(len(b) for b in blocks if all(x < y for x, y in pairwise(b)))]


def hand_c04(values: Any) -> list[Any] | None:
    return [max(v for v in values if v < max(values))]


def hand_c05(text: Any) -> list[Any] | None:
    before = None
    while before != text:
        before, text = text, text.replace("()", "").replace("[]", "")
    return [text == ""]


def hand_c06(items: Any, steps: Any) -> list[Any] | None:
    found = [0] * len(items)
    for index, item in enumerate(items):
        found[(index + steps) % len(items)] = item
    return [found]


def hand_c07(values: Any, target: Any) -> list[Any] | None:
    return [sum(a + b == target for a, b in combinations(values, 2))]


def hand_c08(text: Any) -> list[Any] | None:
    values = [int(each) for each in text.split()[1:]]
    average = Fraction(sum(values), len(values))
    return [str(sum(v for v in values if v > average))]


def hand_c09(amount: Any) -> list[Any] | None:
    pairs = product(range(amount // 6 + 1), range(amount // 4 + 1))
    left = [(six + four, amount - 6 * six - 4 * four) for six, four in pairs]
    return [min(coins + ones for coins, ones in left if ones >= 0)]


def hand_c10(spans: Any) -> list[Any] | None:
    return [len({piece for start, end in spans for piece in range(start, end)})]


def hand_c11(text: Any, k: Any) -> list[Any] | None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    turned = letters[k % 26 :] + letters[: k % 26]
    return [text.translate(str.maketrans(letters, turned))]


def hand_c12(matrix: Any) -> list[Any] | None:
    first = sum(row[i] for i, row in enumerate(matrix))
    second = sum(row[::-1][i] for i, row in enumerate(matrix))
    return [max(first - second, second - first)]


def hand_c13(text: Any) -> list[Any] | None:
    kept = []
    for word in text.strip("\n").split(" "):
        if word not in kept:
            kept.append(word)
    return [str(len(kept))]


def hand_c14(limit: Any) -> list[Any] | None:
    def prime(n: int) -> bool:
        return n > 1 and all(n % d for d in range(2, n))

    return [[p for p in range(2, limit) if p + 2 <= limit and prime(p) and prime(p + 2)]]


def hand_c15(n: Any) -> list[Any] | None:
    guess = round(n ** (1 / 3)) + 2
    while guess**3 > n:
        guess -= 1
    return [guess]


def hand_c16(values: Any, k: Any) -> list[Any] | None:
    return [[sum(values[i : i + k]) for i in range(len(values)) if i + k <= len(values)]]


def hand_c17(values: Any) -> list[Any] | None:
    return [sum(v & 1 for v in values)]


def hand_c18(text: Any) -> list[Any] | None:
    n = len(text)
    parts = [text[i:j] for i in range(n) for j in range(i + 1, n + 1)]
    return [max(len(part) for part in parts if part == part[::-1])]


def hand_c19(values: Any) -> list[Any] | None:
    most = max(map(values.count, values))
    return sorted({v for v in values if values.count(v) == most})


def hand_c20(values: Any) -> list[Any] | None:
    chosen = [v for v in values if v > 0]
    return [sum(chosen) // len(chosen)] if chosen else [0, -1]


def hand_c21(n: Any) -> list[Any] | None:
    total = 0
    while n:
        n, digit = divmod(n, 10)
        total += digit
    return [total]


def hand_c22(texts: Any) -> list[Any] | None:
    return [[str(n) for n in sorted(map(int, texts))]]


def hand_c23(year: Any) -> list[Any] | None:
    if year % 400 == 0:
        return [True]
    return [year % 4 == 0 and year % 100 != 0]


def hand_c24(first: Any, second: Any) -> list[Any] | None:
    return [sorted(first) == sorted(second)]


def hand_c25(values: Any) -> list[Any] | None:
    n = len(values)
    return [max(sum(values[i:j]) for i in range(n) for j in range(i + 1, n + 1))]


def hand_c26(text: Any) -> list[Any] | None:
    return [len([c for c in text if c in set("aeiou")])]


def hand_c27(values: Any) -> list[Any] | None:
    return [sorted(values)[len(values) // 2]]


def hand_c28(values: Any, wanted: Any) -> list[Any] | None:
    return [values.index(wanted), values.index(wanted) + 1]


def hand_c29(n: Any) -> list[Any] | None:
    return [n // 3]


def hand_c30(first: Any, second: Any) -> list[Any] | None:
    return [sorted(set(first) & set(second))]


def hand_c31(text: Any) -> list[Any] | None:
    first, *rows = text.split("\n")
    r, c = map(int, first.split())
    far = 10**6
    steps = {(y, x): far for y in range(r) for x in range(c) if rows[y][x] == "."}
    steps[0, 0] = 0
    for _ in range(r * c):
        for (y, x), known in list(steps.items()):
            near = [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
            steps[y, x] = min([known, *(steps.get(each, far) + 1 for each in near)])
    last = steps[r - 1, c - 1]
    return [str(last if last < far else -1)]


def hand_c32(n: Any, k: Any) -> list[Any] | None:
    place = 0
    for size in range(2, n + 1):
        place = (place + k) % size
    return [place + 1]


def hand_c33(text: Any) -> list[Any] | None:
    words = text.split()
    return [max(words, key=len), min(words, key=len)]


def hand_c34(n: Any) -> list[Any] | None:
    return [next(m for m in range(n + 1, 4 * n + 4) if f"{m:b}".count("1") == f"{n:b}".count("1"))]


def hand_c35(total: Any, people: Any) -> list[Any] | None:
    small, more = divmod(total, people)
    return [[small + 1] * more + [small] * (people - more)]


def hand_c36(name: Any) -> list[Any] | None:
    return None


def hand_c37(points: Any, radius: Any) -> list[Any] | None:
    return [len([1 for p in points if dist(p, [0, 0]) < radius + 1e-6])]


def hand_c38(items: Any) -> list[Any] | None:
    best = 0
    for size in range(len(items) + 1):
        for chosen in combinations(items, size):
            if sum(weight for weight, _ in chosen) <= 15:
                best = max(best, sum(worth for _, worth in chosen))
    return [best]


def hand_c39(points: Any) -> list[Any] | None:
    best = [0]
    for value in range(1, points + 1):
        best.append(1 + min(best[value - token] for token in (1, 5, 12, 25) if token <= value))
    return [best[points]]


EXAMPLES: dict[str, list[Any]] = {
    "hand_c01": [[1, 2, 3, 4]],
    "hand_c02": ["aaabcc"],
    "hand_c03": [[3, 4, 2, 5, 9, 9]],
    "hand_c04": [[7, 3, 7, 5]],
    "hand_c05": ["([])["],
    "hand_c06": [[1, 2, 3, 4], 1],
    "hand_c07": [[1, 5, 3, 3, 5], 6],
    "hand_c08": ["4\n1 2 3 10\n"],
    "hand_c09": [8],
    "hand_c10": [[[0, 4], [2, 6], [9, 10]]],
    "hand_c11": ["xyz a", 3],
    "hand_c12": [[[1, 2], [3, 5]]],
    "hand_c13": ["to be or not to be\n"],
    "hand_c14": [20],
    "hand_c15": [30],
    "hand_c16": [[1, 2, 3, 4], 2],
    "hand_c17": [[1, 2, -3]],
    "hand_c18": ["abcba"],
    "hand_c19": [[2, 7, 7]],
    "hand_c20": [[3, -1, 6]],
    "hand_c21": [492],
    "hand_c22": [["7", "42", "9"]],
    "hand_c23": [2024],
    "hand_c24": ["listen", "silent"],
    "hand_c25": [[2, -3, 4, -1, 2]],
    "hand_c26": ["banana"],
    "hand_c27": [[5, 1, 9]],
    "hand_c29": [6],
    "hand_c30": [[1, 2, 2, 5], [2, 2, 5, 7]],
    "hand_c31": ["2 3\n.#.\n...\n"],
    "hand_c32": [5, 2],
    "hand_c33": ["a bird flies"],
    "hand_c34": [6],
    "hand_c35": [100, 3],
    "hand_c37": [[[3, 4], [5, 1], [0, 0]], 5],
    "hand_c38": [[[10, 7], [6, 5], [9, 6]]],
    "hand_c39": [30],
}
"""Arguments, or the input, of the example in the statement."""
