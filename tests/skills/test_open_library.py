"""The open cards that come with Propound: whole, of their own, and what their patterns compute is right."""

from __future__ import annotations

import itertools
import math
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import skills_ref

from propound.domain import Domain
from propound.sandbox import ExecutionStatus, Program, Sandbox, open_sandbox
from propound.skills import Cards, default_cards, default_library
from propound.skills.cards import HERE
from propound.skills.inspection import SECTIONS, advise, inspect_folder
from propound.words import runs, words

FOLDER = HERE / "cards"
OPEN = Cards.load(FOLDER)
FEWEST = {Domain.MATHEMATICS: 18, Domain.CODING: 12, Domain.SCIENCE: 14}
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    """The strictest tier that this machine offers."""
    return open_sandbox()


def sections(name: str) -> dict[str, str]:
    """The text below each heading of the second level."""
    parts = re.split(r"^## (.+)$", OPEN[name].body, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_library_is_wide() -> None:
    assert len(OPEN) >= 44
    for domain, fewest in FEWEST.items():
        assert len(OPEN.names(domain)) >= fewest
        assert len(OPEN.categories(domain)) >= 5
    assert len({card.intent for card in OPEN}) == len(OPEN)
    assert sum(1 for card in OPEN if card.scripts) >= 6


def test_the_default_cards_are_those_of_both_kinds() -> None:
    assert default_cards().names() == sorted([*OPEN.names(), *default_library().names()])


@pytest.mark.parametrize("name", OPEN.names())
def test_a_card_passes_the_reference_validator_and_our_own(name: str) -> None:
    assert skills_ref.validate(FOLDER / name) == []
    found = inspect_folder(FOLDER / name)
    assert found.card is not None
    assert [*found.faults, *advise(found.card)] == []


@pytest.mark.parametrize("name", OPEN.names())
def test_a_card_has_every_section_and_is_short(name: str) -> None:
    card = OPEN[name]
    assert card.body.startswith("# ")
    assert tuple(sections(name)) == SECTIONS
    assert all(len(text.split()) >= 10 for text in sections(name).values())
    assert 120 <= len(card.body.split()) <= 300
    assert sections(name)["Typical mistakes"].count("\n- ") >= 4
    assert len(BLOCK.findall(sections(name)["Check"])) == 1
    assert all((card.intent, card.method, card.difficulty, card.tool))
    assert card.intent != card.description


@pytest.mark.parametrize("name", [card.name for card in OPEN if card.scripts])
def test_programs_are_named_in_the_body_and_said_to_be_for_checks(name: str) -> None:
    card, text = OPEN[name], " ".join(sections(name)["Check"].split())
    for script in card.scripts:
        assert f"{card.package}.{script.removesuffix('.py')}" in text
    assert re.search(r"hand in|submit", text)


def test_no_card_is_a_near_copy() -> None:
    found = {card.name: runs(words(card.body), 3) for card in default_cards()}
    for one, other in itertools.combinations(OPEN.names(), 2):
        likeness = len(found[one] & found[other]) / len(found[one] | found[other])
        assert likeness < 0.08, (one, other)
    for one, other in itertools.product(OPEN.names(), default_library().names()):
        assert len(found[one] & found[other]) / len(found[one] | found[other]) < 0.08, (one, other)


def test_conflicts_name_cards_and_leave_much_to_compose() -> None:
    declared = Counter[Domain]()
    for card in OPEN:
        assert all(other in OPEN and OPEN[other].domain == card.domain for other in card.conflicts)
        assert card.name not in card.conflicts
        declared[card.domain] += len(card.conflicts)
    for domain in Domain:
        pairs = list(itertools.combinations(OPEN.names(domain), 2))
        assert declared[domain] >= 2
        assert sum(1 for pair in pairs if OPEN.conflict(pair) is None) > len(pairs) / 2


def test_a_wheel_has_the_cards() -> None:
    root = Path(__file__).parents[2]
    data = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"][
        "propound"
    ]
    packed = {path for pattern in data for path in (root / "propound").glob(pattern)}
    assert {path for path in FOLDER.rglob("*") if path.suffix in {".md", ".py"}} <= packed


HALF = "Fraction(1, 2)"
VALUES: dict[str, dict[str, Any]] = {
    "rates-and-work": {"time_left(1, [(Fraction(5, 12), 1)], Fraction(1, 4))": (7, 3)},
    "mixtures-and-averages": {f"blend([(4, {HALF}), (-1, 0), (1, 0)])": (3, 8)},
    "percent-chains": {"chain(200, 10, -10)": 198, "start_of(198, 10, -10)": 200},
    "systems-from-words": {"solve(10, 42, 3, 5)": 4},
    "restricted-counting": {"count('AAB', lambda order: 'AA' not in order)": 1},
    "inclusion-exclusion": {"solve(10, {'A': 6, 'B': 5, 'AB': 3})": 2},
    "pigeonhole-guarantee": {
        "least_draws([5, 2, 8], 3)": 7,
        "largest_avoiding([1, 2, 3, 4, 5, 6], lambda a, b: a + b == 7)": 3,
    },
    "modular-reasoning": {
        "remainder(7, 102, 10)": 9,
        "least([(3, 2), (5, 3)])": 8,
        "least([(3, 2), (5, 3)], 10)": 23,
    },
    "divisor-structure": {
        "divisors(12)": [1, 2, 3, 4, 6, 12],
        "count(100, lambda n: len(divisors(n)) % 2)": 10,
    },
    "counting-by-recurrence": {
        "listed(4, 'ab', lambda word: 'aa' not in word)": 8,
        "counted(4, 'ab', lambda a, b: a + b != 'aa')": 8,
    },
    "expected-value": {"solve(6, 2, max)": (161, 36)},
    "conditional-probability": {
        f"given({{'RR': {HALF} / 2, 'RB': {HALF}, 'BB': {HALF} / 2}}, 'RR'.__eq__, lambda o: 'R' in o)": (
            1,
            3,
        )
    },
    "coordinate-geometry": {"area((0, 0), (4, 0), (0, 3))": 6},
    "similar-figures": {"scaled(8, 2, 3, 2)": 18, "between(8, 2, 3, 3)": 19},
    "constrained-optimum": {
        "best_whole(lambda x: x * (10 - x), 0, 10)": ([5], 25),
        "best_parabola(-1, 6, 0, 0, 2)": 8,
        "best_parabola(-1, 6, 0, 0, 5)": 9,
    },
    "sequence-rules": {
        "[int(t) for t in terms(1, 4, lambda t, n: 2 * t)]": [1, 2, 4, 8],
        "first_beyond(1, lambda t, n: t + n, 10)": 5,
    },
    "invariants-and-parity": {"len(reachable(1, lambda n: [m for m in (2 * n, n - 3) if 0 < m <= 20]))": 13},
    "subtraction-games": {"losing(10, lambda n: [n - k for k in (1, 2, 3) if k <= n])": [0, 4, 8]},
    "integer-solutions": {"linear([3, 5], 42, [0, 0], [20, 20])": [(4, 6), (9, 3), (14, 0)]},
    "digit-puzzles": {"fitting(2, lambda value, digits: value == 4 * sum(digits))": [12, 24, 36, 48]},
    "greedy-scheduling": {"fast([(0, 3), (1, 2), (2, 4), (4, 5)])": 3},
    "two-pointers": {"fast([4, 1, 3, 2], 5)": 4},
    "prefix-sums": {"fast([1, 2, 3], 3)": 3},
    "interval-merging": {"fast([(2, 5), (0, 3), (7, 8), (1, 1)])": 6},
    "graph-search": {"fast(4, [(0, 1), (1, 2), (0, 2)], 0, 2)": 1, "fast(4, [(0, 1)], 0, 3)": -1},
    "dependency-order": {"fast([2, 3, 4], [(0, 2), (1, 2)])": 7, "fast([1, 1], [(0, 1), (1, 0)])": -1},
    "union-find-groups": {"fast(3, [(0, 1), (1, 0), (1, 2)])": 3, "fast(1, [])": 0, "fast(3, [(0, 1)])": -1},
    "sequence-dp": {"fast([3, 5, 4], 1)": 7, "fast([], 1)": 0},
    "answer-bisection": {"fast([3, 2, 2, 4, 1, 4], 3)": 6},
    "state-simulation": {"[f(3, lambda n: n * n % 7, 10) for f in (plain, with_cycle)]": [4, 4]},
    "text-parsing": {"parsed('2[a3[b]]c')": "abbbabbbc", "parsed('12[a]')": 12 * "a"},
    "bit-masks": {"fast([1, 2, 3], 2)": 6},
    "sliding-window": {"fast('abcba', 2)": 3, "fast('', 2)": 0, "fast('ab', 0)": 0},
    "stack-matching": {"fast([2, 1, 3])": [2, 1, 0]},
    "uniform-acceleration": {"phases(0, [(2, 5), (0, 3)])": (55.0, 10.0)},
    "energy-conservation": {"speed_after(2, 0, 5, g=10)": 10.0, "speed_after(2, 0, 5, 10, 6.4, g=10)": 6.0},
    "projectile-flight": {"landing(20, 0, 5, g=10)": (1.0, 20.0), "height_at(20, 0, 5, 10, g=10)": 3.75},
    "torque-balance": {"supports([(100, 2), (50, 3)], 0, 4)": (62.5, 87.5)},
    "buoyancy-and-floating": {
        "floating(600, 1000, 2)": 1.2,
        "apparent_weight(2700, 1000, 0.01, g=10)": 170.0,
    },
    "resistor-networks": {"current([('A', 'B', 2), ('B', 'C', 3)], 10, 'A', 'C', 'A', 'B')": 2},
    "ideal-gas-states": {
        "amount(8314, 1, 26.85)": 10 / 3,
        "common_pressure([(2e5, 1, 0, 0), (1e5, 1, 0, 0)])": 1.5e5,
    },
    "heat-exchange": {
        "mixed([(1, 4000, 20), (1, 4000, 40)])": 30.0,
        "with_ice(1, 1, 40, c=4000, latent=320000)": (0.0, 0.5),
        "with_ice(1, 3, 40, c=4000, latent=320000)": (10.0, 0.0),
    },
    "reaction-amounts": {
        "limiting([4, 3], [2, 1])": (2.0, [0.0, 1.0]),
        "product_mass([4, 3], [2, 1], 2, 18)": 72.0,
    },
    "solution-dilution": {
        "series(1, [(10, 100), (5, 50)])": 0.01,
        "ph_of_mixture(0.1, 0.3, 0.1, 0.1)": 1.30103,
        "ph_of_mixture(0.1, 0.1, 0.1, 0.3)": 12.69897,
    },
    "half-life-decay": {
        "left(80, 5, 15)": 10.0,
        "age(0.25, 10)": 20.0,
        "activity(1000, 10)": 69.31472,
        "effective(2, 2)": 1.0,
    },
    "thin-lens-images": {"image(10, 5)": -10, "two_lenses(10, 5, 40, 15)": (10, 2)},
    "doppler-shift": {"heard(300, 340, source=40)": 340, "echo(300, 340, 20)": (675, 2)},
    "population-genetics": {
        "carriers_among_healthy(0.25)": 2 / 3,
        "after_removal(Fraction(1, 2), 2)": (1, 4),
    },
    "microbial-growth": {
        "grown(100, [(1, None), (4, 2)])": 400.0,
        "time_to(1, 8, 3, lag=2)": 11.0,
        "density(50, 0.1, 1e-4)": 5e6,
    },
    "enzyme-saturation": {"rate(10, 2, 3)": 6, "rate(10, 2, 3, 1, 2)": 5, "constants(2, 5, 8, 8)": (10, 2)},
    "unit-chains": {"solve(10, 50, Fraction(4, 5))": 400},
}
"""Worked out by hand: what the pattern of each card comes to. A fraction is the pair of its terms."""

PRELUDE = """\
from fractions import Fraction

def shown(value):
    if isinstance(value, Fraction):
        return int(value) if value == int(value) else (value.numerator, value.denominator)
    return type(value)(map(shown, value)) if isinstance(value, (list, tuple)) else value

"""


def run(sandbox: Sandbox, name: str, lines: str) -> str:
    """What lines print, below the card's pattern and beside its programs."""
    pattern = BLOCK.findall(OPEN[name].body)[0]
    files = {path: source.encode() for path, source in OPEN[name].modules.items()}
    execution = sandbox.run(Program(f"{PRELUDE}{pattern}\n\n{lines}\n", files=files))
    assert (execution.status, execution.exit_code) == (ExecutionStatus.FINISHED, 0), execution.stderr.decode()
    return execution.stdout.decode()


def alike(found: Any, expected: Any) -> bool:
    """Equal, floats to six digits."""
    if isinstance(expected, list | tuple):
        return (
            type(found) is type(expected) and all(map(alike, found, expected)) and len(found) == len(expected)
        )
    if isinstance(expected, float):
        return math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-12)
    return bool(found == expected)


@pytest.mark.parametrize("name", OPEN.names())
def test_the_pattern_computes(sandbox: Sandbox, name: str) -> None:
    expected = VALUES[name]
    printed = run(sandbox, name, "\n".join(f"print(repr(shown({expression})))" for expression in expected))
    found = [eval(line, {"__builtins__": {}}) for line in printed.splitlines()]
    assert all(map(alike, found, expected.values())), list(zip(expected, found, strict=True))


INPUTS = {
    "greedy-scheduling": "[sorted((rng.randint(0, 9), rng.randint(0, 9))) for _ in range(n)]",
    "two-pointers": "numbers, rng.randint(-3, 6)",
    "prefix-sums": "numbers, rng.randint(1, 4)",
    "interval-merging": "[tuple(sorted((rng.randint(0, 9), rng.randint(0, 9)))) for _ in range(n)]",
    "graph-search": "n + 1, [(rng.randint(0, n), rng.randint(0, n)) for _ in range(n + 2)], 0, n",
    "sequence-dp": "numbers, rng.randint(0, 3)",
    "answer-bisection": "[rng.randint(1, 9) for _ in range(n + 1)], rng.randint(1, 5)",
    "bit-masks": "[rng.randint(0, 15) for _ in range(n)], 4",
    "sliding-window": "''.join(rng.choice('abc') for _ in range(n)), rng.randint(0, 3)",
    "stack-matching": "numbers",
}
"""Arguments by random draws, n from 0 to 6, with many equal numbers."""


@pytest.mark.parametrize("name", INPUTS)
def test_the_quick_pattern_agrees_with_the_plain_one(sandbox: Sandbox, name: str) -> None:
    greedy = (
        "[(a, b + (a == b)) for a, b in " + INPUTS[name] + "]"
        if name == "greedy-scheduling"
        else INPUTS[name]
    )
    lines = f"""
import random
rng = random.Random(7)
for number in range(300):
    n = number % 7
    numbers = [rng.randint(-2, 3) for _ in range(n)]
    arguments = ({greedy},)
    assert fast(*arguments) == brute(*arguments), (arguments, fast(*arguments), brute(*arguments))
print("agree")
"""
    assert run(sandbox, name, lines) == "agree\n"


def test_texts_and_values_of_the_parsing_pattern_belong_together(sandbox: Sandbox) -> None:
    lines = """
import random
rng = random.Random(7)
pairs = [generated(rng, 3) for _ in range(200)]
print(all(parsed(code) == text for code, text in pairs), len(set(pairs)) > 100)
"""
    assert run(sandbox, "text-parsing", lines) == "True True\n"


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("rates-and-work", "time_left(1, [(1, 2)], 1)"),
        ("mixtures-and-averages", "blend([(1, 1), (-2, 0)])"),
        ("systems-from-words", "solve(10, 30, 3, 3)"),
        ("systems-from-words", "solve(10, 1, 3, 5)"),
        ("inclusion-exclusion", "solve(10, {'A': 6, 'B': 5, 'AB': 7})"),
        ("pigeonhole-guarantee", "least_draws([1, 1], 2)"),
        ("conditional-probability", "given({'a': 1}, bool, bool)"),
        ("torque-balance", "supports([(10, 9)], 0, 4)"),
        ("buoyancy-and-floating", "floating(2700, 1000, 1)"),
        ("energy-conservation", "speed_after(1, 0, -1)"),
        ("ideal-gas-states", "amount(1e5, 1, -300)"),
        ("thin-lens-images", "image(10, 10)"),
        ("enzyme-saturation", "constants(1, 1, 2, 2)"),
        ("unit-chains", "quantity(1, 'kg').to('m')"),
    ],
)
def test_the_pattern_notices_what_cannot_be(sandbox: Sandbox, name: str, expression: str) -> None:
    lines = f"""
try:
    print({expression})
except (AssertionError, ValueError, ZeroDivisionError):
    print("noticed")
"""
    assert run(sandbox, name, lines) == "noticed\n"
