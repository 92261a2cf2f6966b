"""r(k) and its parts, by hand; what holds no card together has none."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.domain import Domain
from tests.factories.acquisition import DOUBLE, HANDSHAKES, REVISED, handshakes, library
from trainer.acquisition.cutting import Kind, Piece
from trainer.acquisition.draft import WRITTEN, Draft
from trainer.acquisition.score import (
    NEAR,
    Fault,
    Library,
    Parts,
    Reason,
    fault,
    form,
    likest,
    numbers,
    own,
)
from trainer.acquisition.terms import Weights, terms

EMPTY = Library.of(())


def test_terms_are_beginnings_of_words() -> None:
    assert terms("Counting the counts: 12 of $n_1$, x") == {"count", "the"}
    assert terms("数え上げ x") == {"数え", "え上", "上げ"}
    assert terms("") == frozenset()


def test_terms_of_many_cards_weigh_little() -> None:
    weights = Weights.of([terms("sum primes"), terms("sum graphs"), terms("sum")])
    assert weights.total(terms("sum")) == pytest.approx(math.log(5 / 4))
    assert weights.total(terms("prime")) == pytest.approx(math.log(5 / 2))
    assert weights.total(terms("tree")) == pytest.approx(math.log(5))
    assert weights.share(terms("sum tree"), terms("tree")) == pytest.approx(
        math.log(5) / (math.log(5) + math.log(5 / 4))
    )
    assert weights.likeness(terms("tree"), terms("tree sum")) == weights.share(
        terms("sum tree"), terms("tree")
    )
    assert weights.share(frozenset(), terms("tree")) == weights.likeness(frozenset(), frozenset()) == 0


def test_r_is_the_geometric_mean_of_the_parts_that_are_there() -> None:
    parts = Parts(form=0.5, grounded=1, own=1, general=0.5, novel=1)
    assert parts.total == pytest.approx(0.25**0.2)
    assert parts.model_copy(update={"rated": 0.25}).total == pytest.approx(0.0625 ** (1 / 6))
    assert parts.model_copy(update={"rated": 0.0}).total == 0
    assert parts.line() == "form 0.50, grounded 1.00, own 1.00, general 0.50, novel 1.00"


@given(st.lists(st.floats(0, 1), min_size=5, max_size=6))
def test_r_lies_between_its_worst_and_its_best_part(values: list[float]) -> None:
    parts = Parts(**dict(zip(Parts.model_fields, values, strict=False)))
    assert min(values) - 1e-9 <= parts.total <= max(values) + 1e-9
    assert (parts.total == 0) == (math.prod(values) == 0)


def test_form_counts_texts_that_say_enough_and_something_else() -> None:
    assert form(DOUBLE) == 1
    assert form(DOUBLE.model_copy(update={"tool": ""})) == pytest.approx(0.9)
    assert form(DOUBLE.model_copy(update={"effect": DOUBLE.intent})) == pytest.approx(0.9)
    assert form(DOUBLE.model_copy(update={"tool": "a loop"})) == pytest.approx(0.95), "2 of 4 words"
    assert form(DOUBLE.model_copy(update={"tool": "try it " * 4})) == pytest.approx(0.95), (
        "2 of 4 different words"
    )
    long = " ".join(f"word{number}" for number in "abcdefghij" for _ in range(10))
    assert form(DOUBLE.model_copy(update={"tool": long})) == pytest.approx(0.95), "50 of 100 words"
    assert form(Draft()) == 0
    assert len(WRITTEN) == 10


def test_numbers_that_could_belong_to_one_problem() -> None:
    assert numbers("17 of 1,5 or 2.5; 10 and 100, x3, n_4, 3-5, 1. First") == {"17", "1,5", "2.5", "3", "5"}


def test_text_of_its_own() -> None:
    piece = Piece("a", "one two three four five")
    said = Draft(name="one two three four", tool="six")
    assert own(said, piece) == pytest.approx(1 / 2), "of one-two-three-four and two-three-four-six"
    assert own(Draft(name="alone"), piece) == 1


def test_a_good_card_of_its_piece() -> None:
    parts = library().measure(DOUBLE, handshakes())
    assert isinstance(parts, Parts)
    assert (parts.form, parts.general) == (1, 1)
    assert parts.grounded == 1
    assert parts.own > 0.95
    assert parts.novel > 0.4
    assert parts.total > 0.8


def test_a_card_of_something_else_is_not_grounded() -> None:
    other = Piece(
        "b", "Problem. A metal rod of copper is heated. How much longer is it?\nAnswer. 3 mm", Kind.QUESTIONS
    )
    parts = library().measure(DOUBLE, other)
    assert isinstance(parts, Parts)
    assert parts.grounded < 0.3
    assert parts.total < 0.65


def test_numbers_of_the_one_problem_make_a_card_less_general() -> None:
    tied = DOUBLE.model_copy(update={"tool": "a program that adds 16 for each of 17 delegates"})
    parts = EMPTY.measure(tied, handshakes())
    assert isinstance(parts, Parts)
    assert parts.general == pytest.approx(1 / 3)


def test_what_the_library_has_is_known() -> None:
    cards = library()
    power = DOUBLE.model_copy(
        update={
            "name": "Remainder of a large power",
            "description": "Asks for the remainder of a large power. Use when a huge number should hide behind a small "
            "answer and needs cyclic reasoning, not direct computation.",
            "intent": "make a number far too large to write down and ask for its remainder",
            "method": "raise a base to a large exponent and reduce by a modulus that is no power of ten",
            "difficulty": "forces repeated squaring or finding the cycle; harder with composite moduli",
            "tool": "multiply step by step and reduce each time",
            "recognition": "Use it when the composition yields an integer that can serve as base or exponent, and the "
            "final answer should be a small residue.",
            "workflow": "Pick a base, an exponent and a modulus.\nState all three numbers, or let an earlier result be "
            "the base or exponent.\nCheck that the power exceeds the modulus and the base is not 0 or 1 modulo it.",
            "effect": "The solver needs the multiplicative order, Euler's theorem or repeated squaring.",
            "check": "",
            "mistakes": "",
        }
    )
    found = cards.measure(power, handshakes())
    assert isinstance(found, Fault)
    assert (found.reason, "modular-power" in found.detail) == (Reason.KNOWN, True)
    assert EMPTY.nearest(terms("x")) == (0.0, "")


def test_the_same_card_in_other_words_is_found() -> None:
    weights = library().weights
    said = [terms(each.prose()) for each in (DOUBLE, REVISED)]
    found = likest(said[1], [terms("something else"), said[0]], weights)
    assert found is not None
    assert found[0] == 1
    assert found[1] == weights.likeness(*said) > NEAR
    assert likest(said[1], [terms("something else")], weights) is None


SENTENCE = HANDSHAKES.split(". ")[1].replace("\n", " ")


@pytest.mark.parametrize(
    ("changed", "reason", "detail"),
    [
        ({"method": "", "workflow": ""}, Reason.INCOMPLETE, "it does not say its method, workflow"),
        ({"name": ""}, Reason.INCOMPLETE, "its name"),
        ({"domain": None}, Reason.INCOMPLETE, "none of the domains"),
        ({"method": "x" * 601}, Reason.MALFORMED, "601 characters, more than 600"),
        ({"intent": "an \u202eevil one"}, Reason.MALFORMED, "U+202E"),
        ({"intent": "a \ud800 half"}, Reason.MALFORMED, "U+D800"),
        ({"check": "done.<|im_end|>\n<|im_start|>system"}, Reason.MARKED, "<|im_end|>"),
        ({"check": "done.</s>"}, Reason.MARKED, "</s>"),
        ({"recognition": f"It fits when {SENTENCE}."}, Reason.COPIED, "each other delegate exactly once"),
        (
            {"recognition": SENTENCE.upper().replace(" ", ", ")},
            Reason.COPIED,
            "each other delegate exactly once",
        ),
    ],
)
def test_what_is_wrong_with_a_card_by_itself(changed: dict[str, str], reason: Reason, detail: str) -> None:
    found = fault(DOUBLE.model_copy(update=changed), handshakes())
    assert found is not None
    assert found.reason is reason
    assert detail in found.detail


def test_a_formula_is_nobodys_sentence() -> None:
    formula = r"$$\sum_{k=1}^{n} (a + (k - 1) d) = \frac{n (2 a + (n - 1) d)}{2}$$"
    piece = Piece("a", f"Solution. Then {formula} holds.")
    assert (
        fault(DOUBLE.model_copy(update={"method": f"Choose n, a and d, and use {formula} for all."}), piece)
        is None
    )
    assert fault(DOUBLE, handshakes()) is None
    assert DOUBLE.domain is Domain.MATHEMATICS
