"""Chemical formulas: atoms, charge, state and order."""

from __future__ import annotations

import pytest

from propound.answers.errors import UnreadableError
from propound.answers.reading.formulas import Reaction, Substance, read_chemistry


@pytest.mark.parametrize(
    ("text", "atoms", "charge"),
    [
        ("H2O", {"H": 2, "O": 1}, 0),
        (r"\mathrm{Ca(OH)_{2}}", {"Ca": 1, "O": 2, "H": 2}, 0),
        (r"\ce{SO4^2-}", {"S": 1, "O": 4}, -2),
        ("SO₄²⁻", {"S": 1, "O": 4}, -2),
        ("SO42-", {"S": 1, "O": 4}, -2),
        ("Fe3+", {"Fe": 1}, 3),
        ("Na+", {"Na": 1}, 1),
        ("[Fe(CN)6]^{4-}", {"Fe": 1, "C": 6, "N": 6}, -4),
        ("CuSO4·5H2O", {"Cu": 1, "S": 1, "O": 9, "H": 10}, 0),
        (r"CuSO_4 \cdot 5H_2O", {"Cu": 1, "S": 1, "O": 9, "H": 10}, 0),
        ("CH3(CH2)4CH3", {"C": 6, "H": 14}, 0),
        ("e^-", {"electron": 1}, -1),
    ],
)
def test_reads(text: str, atoms: dict[str, int], charge: int) -> None:
    found = read_chemistry(text)
    assert isinstance(found, Substance)
    assert (dict(found.atoms), found.charge) == (atoms, charge)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "h2o",
            "Xx2",
            "H2O)",
            "(H2O",
            "H(2",
            "()2",
            "H0",
            "H99999",
            "O2-",
            "I3-",
            "Fe^{+-}",
            "2",
            "H2O or CO",
        ),
        *("H" * 3 + "\x00", "(" * 900 + "C", "A -> B -> C", "Na^{99999+}", "CuSO4·5", "->", "H2 ->"),
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_chemistry(text)


@pytest.mark.parametrize("arrow", ["->", "→", r"\to", r"\rightarrow", r"\longrightarrow", "-->", "=>"])
def test_arrows(arrow: str) -> None:
    found = read_chemistry(f"2H2 + O2 {arrow} 2H2O")
    assert isinstance(found, Reaction)
    assert not found.reversible
    assert [int(times) for times, _ in found.left + found.right] == [2, 1, 2]


@pytest.mark.parametrize("arrow", ["<=>", "⇌", r"\rightleftharpoons", "<->"])
def test_reversible_arrows(arrow: str) -> None:
    found = read_chemistry(f"N2 + 3H2 {arrow} 2NH3")
    assert isinstance(found, Reaction)
    assert found.reversible


def test_a_formula_with_a_repeated_element_shows_structure() -> None:
    molecular, structural = read_chemistry("C2H6O"), read_chemistry("C2H5OH")
    assert isinstance(molecular, Substance)
    assert isinstance(structural, Substance)
    assert (molecular.is_structural, structural.is_structural) == (False, True)
