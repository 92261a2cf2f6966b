"""The programs of the open cards, in the sandbox and imported as an agent imports them: values worked out by hand."""

from __future__ import annotations

import pytest

from propound.sandbox import ExecutionStatus, Limits, Program, Sandbox, open_sandbox
from propound.skills import default_cards

SCRIPTED = [card for card in default_cards() if card.scripts]


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    """The strictest tier that this machine offers."""
    return open_sandbox()


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The programs of all cards side by side."""
    return {path: source.encode() for card in SCRIPTED for path, source in card.modules.items()}


CALLS = {
    "systems_from_words.search": [
        ("solutions(dict(a=(0, 9), b=(0, 9)), lambda a, b: (a + b, 3 * a + 5 * b) == (10, 42))", "[{'a': 4, 'b': 6}]"),
        ("len(solutions({'a': (1, 9)}, lambda a: True, most=3))", "3"),
        ("verdict({'a': (1, 9)}, lambda a: a * a == 50)", "'contradictory: no values within the bounds fit'"),
        ("verdict({'a': (-9, 9)}, lambda a: a * a == 49)[:9]", "'ambiguous'"),
        ("verdict({'a': (0, 9)}, lambda a: a * a == 49)", "\"unique: {'a': 7}\""),
        ("solutions({'a': (0, 10**6), 'b': (0, 10**6)}, lambda a, b: True)", "ValueError"),
    ],
    "restricted_counting.enumerate": [
        ("arrangements('AABB')", "6"),
        ("arrangements('AAB', lambda order: order[0] == 'B')", "1"),
        ("arrangements('')", "1"),
        ("selections(range(5), 2)", "10"),
        ("selections([1, 2, 3, 4], 2, lambda pair: sum(pair) == 5)", "2"),
        ("selections([1, 1], 1)", "ValueError"),
        ("distributions(5, 3)", "21"),
        ("distributions(5, 3, lambda shares: min(shares) >= 1)", "6"),
        ("words('ab', 4, lambda word: 'aa' not in ''.join(word))", "8"),
        ("words('abcdefghij', 9)", "ValueError"),
        ("arrangements(range(20))", "ValueError"),
    ],
    "inclusion_exclusion.venn": [
        ("regions(10, {'A': 6, 'B': 5, 'AB': 3})", "{'': 2, 'A': 3, 'B': 2, 'AB': 3}"),
        # seven regions of one each but two in all three, and four outside
        ("exactly(12, dict(A=5, B=5, C=5, AB=3, AC=3, BC=3, ABC=2), 2)", "3"),
        ("at_least(12, dict(A=5, B=5, C=5, AB=3, AC=3, BC=3, ABC=2), 2)", "5"),
        ("regions(12, dict(A=5, B=5, C=5, AB=3, AC=3, BC=3, ABC=2))['']", "4"),
        ("regions(10, {'A': 6, 'B': 5})", "ValueError"),
        ("regions(10, {'A': 6, 'B': 5, 'AB': 6})", "ValueError"),
        ("regions(10, {})", "ValueError"),
    ],
    "expected_value.chain": [
        # a fair coin until two heads in a row: 6 throws
        ("expected_steps({0: {0: F(1, 2), 1: F(1, 2)}, 1: {0: F(1, 2), 2: F(1, 2)}}, 0, {2})", "Fraction(6, 1)"),
        # the gambler's ruin: from 1, up with 2/3, ends at 0 or 3: (1 - 1/2) / (1 - 1/8)
        ("chance_of({1: {0: F(1, 3), 2: F(2, 3)}, 2: {1: F(1, 3), 3: F(2, 3)}}, 1, {0, 3}, {3})", "Fraction(4, 7)"),
        ("expected_steps({}, 'end', {'end'})", "Fraction(0, 1)"),
        ("expected_steps({0: {0: F(1, 2), 1: F(1, 3)}}, 0, {1})", "ValueError"),
        ("expected_steps({0: {0: 1}}, 0, {1})", "ValueError"),
        ("expected_steps({0: {5: 1}}, 0, {1})", "ValueError"),
    ],
    "coordinate_geometry.plane": [
        ("area((0, 0), (4, 0), (0, 3))", "Fraction(6, 1)"),
        # a U of width 3 and height 3 with a notch of 1 by 2: its two tops lie on one line
        ("area((0, 0), (3, 0), (3, 3), (2, 3), (2, 1), (1, 1), (1, 3), (0, 3))", "Fraction(7, 1)"),
        ("area((0, 0), (2, 2), (2, 0), (0, 2))", "ValueError"),
        ("intersection((0, 0), (2, 2), (0, 2), (2, 0))", "(Fraction(1, 1), Fraction(1, 1))"),
        ("intersection((0, 0), (1, 1), (0, 1), (1, 2))", "ValueError"),
        ("foot((0, 2), (0, 0), (1, 1))", "(Fraction(1, 1), Fraction(1, 1))"),
        ("reflection((3, 1), (0, 0), (1, 1))", "(Fraction(1, 1), Fraction(3, 1))"),
        ("circle_through((0, 0), (6, 0), (0, 8))", "((Fraction(3, 1), Fraction(4, 1)), Fraction(25, 1))"),
        ("circle_through((0, 0), (1, 1), (2, 2))", "ValueError"),
        ("distance_squared(point(0, 0), point(3, 4))", "Fraction(25, 1)"),
    ],
    "subtraction_games.grundy": [
        ("losing(range(11), lambda n: [n - k for k in (1, 2, 3) if k <= n])", "[0, 4, 8]"),
        ("losing(range(11), lambda n: [n - k for k in (1, 2, 3) if k <= n], last_move_wins=False)", "[1, 5, 9]"),
        ("values(range(6), lambda n: [n - k for k in (1, 3) if k <= n])", "{0: 0, 1: 1, 2: 0, 3: 1, 4: 0, 5: 1}"),
        # nim with 3, 4, 5: the sum is 2, so only the pile of 3 goes down, to 1
        ("winning_first_moves([3, 4, 5], lambda n: range(n))", "[(0, 1)]"),
        ("winning_first_moves([2, 2], lambda n: range(n))", "[]"),
        ("losing(range(3), lambda n: [(n + 1) % 3])", "ValueError"),
        ("losing(range(3), lambda n: [n + 1], last_move_wins=False)", "ValueError"),
    ],
    "greedy_scheduling.counterexample": [
        ("counterexample(sum, lambda v: sum(v), lambda rng, size: [[rng.randint(0, 9) for _ in range(size)]])", "None"),
        ("counterexample(max, lambda v: v[0], lambda rng, size: [[]])['fast'][:10]", "'ValueError'"),
        ("len(counterexample(max, lambda v: v[0], lambda rng, n: [rng.sample(range(9), n + 1)])['arguments'][0])", "2"),
        ("variety(sum, lambda rng, size: [[1] * size])", "(8, 0.125)"),
        ("variety(lambda v: 0, lambda rng, size: [[1] * size])", "(1, 1.0)"),
    ],
    "resistor_networks.network": [
        ("equivalent([('A', 'B', 6), ('A', 'B', 3)], 'A', 'B')", "Fraction(2, 1)"),
        # twelve edges of a cube, between opposite corners: 5/6 of one edge
        ("equivalent([(a, b, 1) for a in range(8) for b in range(a) if (a ^ b) in (1, 2, 4)], 0, 7)", "Fraction(5, 6)"),
        ("potentials([('A', 'B', 2), ('B', 'C', 3)], {'A': 10, 'C': 0})['B']", "Fraction(6, 1)"),
        ("currents([('A', 'B', 2), ('B', 'C', 3)], {'A': 10, 'C': 0})", "[Fraction(2, 1), Fraction(2, 1)]"),
        ("potentials([('A', 'B', 0)], {'A': 1})", "ValueError"),
        ("potentials([('A', 'B', 1), ('X', 'Y', 1)], {'A': 1, 'B': 0})", "ValueError"),
        ("equivalent([('A', 'X', 1), ('B', 'Y', 1)], 'A', 'B')", "ValueError"),
    ],
    "reaction_amounts.molar": [
        ("atoms('Ca(OH)2')", "{'Ca': 1, 'O': 2, 'H': 2}"),
        ("atoms('Fe2(SO4)3')", "{'Fe': 2, 'S': 3, 'O': 12}"),
        ("round(molar_mass('H2O'), 3)", "18.015"),
        ("round(molar_mass('CaCO3'), 3)", "100.086"),
        ("imbalance('2 H2 + O2 -> 2 H2O')", "{}"),
        ("imbalance('H2 + O2 -> H2O')", "{'O': -1}"),
        ("imbalance('C3H8 + 5 O2 -> 3 CO2 + 4 H2O')", "{}"),
        ("atoms('Ca(OH')", "ValueError"),
        ("atoms('')", "ValueError"),
        ("atoms('2H')", "ValueError"),
        ("atoms('H)')", "ValueError"),
        ("molar_mass('Xx')", "ValueError"),
        ("imbalance('H2 + O2')", "ValueError"),
    ],
    "population_genetics.cross": [
        ("offspring(['Aa'], ['Aa'])", "{('AA',): Fraction(1, 4), ('Aa',): Fraction(1, 2), ('aa',): Fraction(1, 4)}"),
        ("chance(offspring(['Aa', 'Bb'], ['Aa', 'Bb']), lambda genes: all(map(shows, genes)))", "Fraction(9, 16)"),
        ("given(offspring(['Aa'], ['Aa']), lambda g: g == ('Aa',), lambda g: shows(g[0]))", "Fraction(2, 3)"),
        ("given(offspring(['AA'], ['AA']), lambda g: True, lambda g: not shows(g[0]))", "ValueError"),
        ("offspring(['Aa'], ['Bb'])", "ValueError"),
        ("offspring(['A'], ['A'])", "ValueError"),
        ("offspring([], [])", "ValueError"),
    ],
    "unit_chains.dimension": [
        ("quantity(36, 'km/h').to('m/s')", "Fraction(10, 1)"),
        ("quantity('2.7', 'g/cm^3').to('kg/m^3')", "Fraction(2700, 1)"),
        ("(quantity(10, 'mm') * quantity(50, 'm^2')).to('L')", "Fraction(500, 1)"),
        ("(quantity(1, 'kWh') / quantity(30, 'min')).to('W')", "Fraction(2000, 1)"),
        ("(quantity(1, 'h') + quantity(1, 'min')).to('s')", "Fraction(3660, 1)"),
        ("(3 * quantity(1, 'hPa')).to('N/m^2')", "Fraction(300, 1)"),
        ("quantity(1, 'kg').to('m')", "ValueError"),
        ("quantity(1, 'kg') + quantity(1, 'm')", "ValueError"),
        ("quantity(1, 'furlong')", "ValueError"),
        ("quantity(1, 'm/s/s')", "ValueError"),
    ],
}  # fmt: skip


def test_every_program_is_tried() -> None:
    assert {
        f"{card.package}.{name.removesuffix('.py')}" for card in SCRIPTED for name in card.scripts
    } == set(CALLS)


@pytest.mark.parametrize("module", CALLS)
def test_what_a_program_computes(sandbox: Sandbox, files: dict[str, bytes], module: str) -> None:
    calls = [expression for expression, _ in CALLS[module]]
    source = f"""
from fractions import Fraction as F
from {module} import *

for call in {calls!r}:
    try:
        print(repr(eval(call)))
    except ValueError as error:
        assert str(error)
        print("ValueError")
"""
    execution = sandbox.run(Program(source, files=files, limits=Limits(cpu_s=5)))
    assert (execution.status, execution.exit_code) == (ExecutionStatus.FINISHED, 0), execution.stderr.decode()
    for (call, expected), found in zip(CALLS[module], execution.stdout.decode().splitlines(), strict=True):
        assert found == expected, call


def test_cards_do_not_hide_each_other_or_modules_of_python(sandbox: Sandbox, files: dict[str, bytes]) -> None:
    hiding = {"statistics/mean.py": b"mean = None\n", "json/loads.py": b"loads = None\n"}
    source = "import statistics, json, expected_value.chain\nprint(statistics.mean([1, 3]), json.loads('4'))"
    execution = sandbox.run(Program(source, files=files | hiding))
    assert execution.stdout == b"2 4\n", execution.stderr.decode()
