"""What attempts come to: every branch worked out by hand, and what no order and no further attempt may change."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from propound.answers import AnswerKind
from propound.solving.asking import Asking
from propound.solving.attempt import Attempt
from propound.verification.committee import Standard
from propound.verification.consensus import Outcome, Rule, consensus, decided, is_small
from tests.factories.attempts import attempt, attempts

CLAIM = Standard("36", AnswerKind.INTEGER)
RULE = Rule()
ASKED = Rule(asking=Asking.FIRST)
UNCLEAR = "done"
"""No integer, so that nobody can say whether it is 36."""


def outcome(said: str, rule: Rule = RULE, claim: Standard = CLAIM) -> Outcome:
    return consensus(claim, attempts(said), rule).outcome


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        # one family: at least two for it, rivals at most a fifth
        ("", Outcome.UNDECIDED),
        ("q- q- q-", Outcome.UNDECIDED),
        ("q36", Outcome.UNDECIDED),
        ("q36 q- q- q-", Outcome.UNDECIDED),
        ("q6", Outcome.UNDECIDED),
        ("q36 q36", Outcome.ACCEPTED),
        ("q36 q36.0 q- q-", Outcome.ACCEPTED),
        ("q36 q36 q6", Outcome.DISPUTED),  # a third
        ("q36 q36 q36 q6", Outcome.DISPUTED),  # a quarter
        ("q36 q36 q36 q36 q6", Outcome.ACCEPTED),  # a fifth
        ("q36 q6", Outcome.DISPUTED),
        ("q36 q6 q7 q8", Outcome.DISPUTED),
        ("q6 q6", Outcome.DISPUTED),
        ("q6 q6 q7", Outcome.DISPUTED),
        ("q6 q7", Outcome.UNSOLVED),
        ("q6 q7 q8 q-", Outcome.UNSOLVED),
        # two families: both for it, rivals at most a quarter
        ("q36 g36", Outcome.ACCEPTED),
        ("q36 q36 g- g-", Outcome.UNDECIDED),
        ("q36 q36 g6", Outcome.DISPUTED),
        ("q36 q36 g36 g6", Outcome.ACCEPTED),  # a quarter
        ("q36 q36 q36 g36 g6 g7", Outcome.DISPUTED),  # a third
        ("q36 q36 q36 q36 g6", Outcome.DISPUTED),  # a fifth, but one family alone
        ("q6 g7", Outcome.UNSOLVED),
        ("q6 g6", Outcome.DISPUTED),
        # three families: two of them are enough
        ("q36 g36 l-", Outcome.ACCEPTED),
        ("q36 g36 q36 l6", Outcome.ACCEPTED),
        # what cannot be compared decides only where acceptance hangs on it
        ("q36 q36 qdone", Outcome.UNDECIDED),  # 2 of 2 or 2 of 3
        ("q36 q36 q36 q36 qdone", Outcome.ACCEPTED),  # a fifth at most
        ("q36 qdone", Outcome.UNDECIDED),
        ("qdone qdone", Outcome.UNDECIDED),
        ("q6 q7 qdone", Outcome.UNSOLVED),
        ("q36 q36 g36 gdone", Outcome.ACCEPTED),
        ("q36 q36 gdone gdone", Outcome.UNDECIDED),
    ],
)  # fmt: skip
def test_the_rule_by_hand(said: str, expected: Outcome) -> None:
    assert outcome(said) is expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("q36+ q36+ q36! q36!", Outcome.ACCEPTED),  # no majority
        ("q36+ q36! q36!", Outcome.ILL_POSED),  # whatever they answer
        ("q36 q36 q-! q-!", Outcome.ILL_POSED),  # those who do not say are not asked
        ("q36 q36 q36!", Outcome.ACCEPTED),  # one alone is too few
        ("q36 q6 q6! q6! g6+", Outcome.ILL_POSED),
    ],
)
def test_a_majority_of_those_asked_vetoes(said: str, expected: Outcome) -> None:
    assert outcome(said, ASKED) is expected


def test_where_nobody_is_asked_nobody_vetoes() -> None:
    found = consensus(CLAIM, attempts("q36! q36! q36!"), RULE)
    assert (found.outcome, found.asked, found.ill_posed) == (Outcome.ACCEPTED, 0, 0)
    found = consensus(CLAIM, attempts("q36! q36! q36+"), Rule(asking=Asking.APART))
    assert (found.outcome, found.asked, found.ill_posed) == (Outcome.ILL_POSED, 3, 2)


@pytest.mark.parametrize(
    ("gold", "kind", "small"),
    [
        ("7", AnswerKind.INTEGER, True),
        ("10", None, True),
        ("7.0", AnswerKind.REAL, True),
        ("3 m/s", AnswerKind.QUANTITY, True),
        ("yes", None, True),
        ("B", AnswerKind.CHOICE, True),
        ("11", AnswerKind.INTEGER, False),
        ("-3", AnswerKind.INTEGER, False),
        ("3/7", AnswerKind.RATIONAL, False),
        ("3.14", None, False),
        ("7,200", AnswerKind.INTEGER, False),
        ("3*sqrt(2)", None, False),
        ("3 * 10^8 m/s", AnswerKind.QUANTITY, False),
        ("Monday", AnswerKind.TEXT, False),
    ],
)
def test_small_answer_spaces(gold: str, kind: AnswerKind | None, small: bool) -> None:
    assert is_small(Standard(gold, kind)) is small


def test_a_small_answer_needs_one_more() -> None:
    seven = Standard("7", AnswerKind.INTEGER)
    assert outcome("q7 q7", claim=seven) is Outcome.UNDECIDED
    assert outcome("q7 g7", claim=seven) is Outcome.UNDECIDED
    assert outcome("q7 q7 g7", claim=seven) is Outcome.ACCEPTED
    assert consensus(seven, attempts("q7 q7"), RULE).needed == 3
    assert outcome("q7 q7", Rule(small=0), seven) is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("said", "rival"),
    [
        ("q6 q6", None),
        ("q6 q6.0 q6", "6"),
        ("q6 q6 q6 g-", None),  # one of two families
        ("q6 q6 g6", "6"),
        ("q6 q6 g6 q-", "6"),  # no answer, nobody against it
        ("q6 q6 g6 q7", None),
        ("q6 q6 g6 q36", None),
        ("q6 q6 g6 qdone", None),
    ],
)
def test_a_correction_takes_all_who_have_an_answer(said: str, rival: str | None) -> None:
    found = consensus(CLAIM, attempts(said), RULE)
    assert (found.outcome, found.rival) == (Outcome.DISPUTED, rival)


def test_a_correction_of_a_small_answer_takes_one_more() -> None:
    seven = Standard("7", AnswerKind.INTEGER)
    assert consensus(seven, attempts("q6 q6 q6"), RULE).rival is None
    assert consensus(seven, attempts("q6 q6 q6 q6"), RULE).rival == "6"
    assert consensus(CLAIM, attempts("q6 q6 q6"), Rule(unanimous=None)).rival is None


def test_a_cluster_is_linked_but_only_one_of_equals_corrects() -> None:
    """Within a hundredth 10, 10.08 and 10.16 are a chain, and its ends differ."""
    claim = Standard("30", AnswerKind.REAL, 0.01)
    found = consensus(claim, attempts("q10 q10.08 q10.16"), RULE)
    assert (found.outcome, found.rival) == (Outcome.DISPUTED, None)
    assert [(each.answer, each.attempts, each.is_claim) for each in found.clusters] == [
        ("30", 0, True),
        ("10", 3, False),
    ]
    assert consensus(claim, attempts("q10 q10.16 q20"), RULE).outcome is Outcome.UNSOLVED
    assert consensus(claim, attempts("q10 q10.08 q10.08"), RULE).rival == "10.08"


def test_one_family_alone_is_held_to_a_stricter_share() -> None:
    with pytest.raises(ValueError, match="stricter"):
        Rule(rivals=0.1, rivals_alone=0.2)


def test_what_it_says() -> None:
    found = consensus(CLAIM, attempts("q36 q36 g36 g22.5 q45/2 g6 qdone l-"), ASKED)
    assert found.rationale == (
        "3 attempts of 2 families for 36, 3 against it: 22.5 (2); 6 (1), 1 that cannot be compared, 1 without an answer"
    )
    assert [(each.answer, each.attempts, each.families) for each in found.clusters] == [
        ("36", 3, 2),
        ("22.5", 2, 2),
        ("6", 1, 1),
    ]
    assert (found.unclear, found.unanswered, found.families, found.needed) == (1, 1, 3, 2)
    assert consensus(CLAIM, attempts("q36 q36"), RULE).families == 1
    assert consensus(CLAIM, attempts("q36"), RULE).rationale == (
        "1 attempt of 1 family for 36; acceptance takes 2 of 1 family"
    )
    assert consensus(CLAIM, attempts("q36! q36! q36+"), ASKED).rationale == (
        "2 of 3 attempts find the statement not well posed"
    )


@pytest.mark.parametrize(
    ("gold", "kind", "answer", "expected"),
    [
        ("2*sqrt(3)", AnswerKind.EXPRESSION, "3.4641016151377544", Outcome.ACCEPTED),
        ("2*sqrt(3)", AnswerKind.EXPRESSION, "3.4641", Outcome.DISPUTED),
        ("2*sqrt(3)", AnswerKind.EXPRESSION, "3.4641016551377544", Outcome.DISPUTED),
        ("22/1729", AnswerKind.RATIONAL, "0.012724117987275882", Outcome.ACCEPTED),
        ("19.8 m/s", AnswerKind.QUANTITY, "19.809088823063014 m/s", Outcome.ACCEPTED),
        ("19.8 m/s", AnswerKind.QUANTITY, "19.809088823063014", Outcome.DISPUTED),  # of what?
        ("(1, 2)", AnswerKind.TUPLE, "(1, 2)", Outcome.ACCEPTED),
    ],
)
def test_what_programs_print_beside_exact_answers(
    gold: str, kind: AnswerKind, answer: str, expected: Outcome
) -> None:
    said = [attempt(answer, number=number) for number in range(2)]
    assert consensus(Standard(gold, kind), said, RULE).outcome is expected


WORDS = st.builds(
    "{}{}{}".format,
    st.sampled_from("qgl"),
    st.sampled_from(["36", "36.0", "6", "6.00", "7", "8", UNCLEAR, "-"]),
    st.sampled_from(["", "+", "!"]),
)
RULES = st.builds(
    Rule,
    families=st.integers(1, 3),
    agree=st.integers(1, 3),
    rivals=st.sampled_from([0.25, 0.4]),
    rivals_alone=st.sampled_from([0.0, 0.2, 0.25]),
    vetoes=st.integers(1, 2),
    unanimous=st.sampled_from([None, 2, 3]),
    asking=st.sampled_from(list(Asking)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, max_size=8), RULES, st.randoms(use_true_random=False))
def test_order_does_not_matter(words: list[str], rule: Rule, rng: Random) -> None:
    said = attempts(" ".join(words))
    shuffled = said.copy()
    rng.shuffle(shuffled)
    assert consensus(CLAIM, said, rule) == consensus(CLAIM, shuffled, rule)


def test_order_does_not_matter_where_equality_is_a_chain() -> None:
    claim = Standard("30", AnswerKind.REAL, 0.01)
    orders = permutations(attempts("q10 g10.08 q10.16 g10.24 q50"))
    assert len({consensus(claim, order, RULE) for order in orders}) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=7), RULES, st.sampled_from(["q36", "g36.0+", "l36"]))
def test_one_more_who_agrees_never_turns_it_down(words: list[str], rule: Rule, more: str) -> None:
    before, after = " ".join(words), " ".join([*words, more])
    if outcome(before, rule) is Outcome.ACCEPTED:
        assert outcome(after, rule) is Outcome.ACCEPTED


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, max_size=7), RULES, st.sampled_from(["q6", "g7", "l8", "q-", "g-", f"q{UNCLEAR}"]))
def test_one_more_who_does_not_never_turns_it_up(words: list[str], rule: Rule, more: str) -> None:
    if rule.asking is not Asking.NOT or len({word[0] for word in words}) < 2:
        return  # a family more changes the share that rivals may have
    if outcome(" ".join([*words, more]), rule) is Outcome.ACCEPTED:
        assert outcome(" ".join(words), rule) is Outcome.ACCEPTED


def completions(said: list[Attempt], left: dict[str, int], words: tuple[str, ...]) -> Iterator[list[Attempt]]:
    """All that can still come, in whole and in part; the order does not matter."""
    families = [family for family, number in left.items() for _ in range(number)]
    for choice in product([*words, ""], repeat=len(families)):
        more = [f"{family}{word}" for family, word in zip(families, choice, strict=True) if word]
        yield said + attempts(" ".join(more))


def fate(said: list[Attempt], rule: Rule, claim: Standard) -> tuple[object, ...]:
    """What must stay as it is once attempts are decided."""
    found = consensus(claim, said, rule)
    return (found.outcome, found.rival) if rule.reasons else (found.outcome is Outcome.ACCEPTED,)


SPACES = [
    pytest.param(CLAIM, ("36", "6", "7", UNCLEAR, "-"), {}, id="not asked"),
    pytest.param(CLAIM, ("36+", "36!", "6", "-!"), {"asking": Asking.FIRST}, id="asked"),
    pytest.param(
        Standard("30", AnswerKind.REAL, 0.01), ("30", "10", "10.08", "10.16"), {}, id="linked rivals"
    ),
    pytest.param(Standard("7", AnswerKind.INTEGER), ("7", "6", "5", "-"), {}, id="small"),
]


@pytest.mark.parametrize("reasons", [True, False])
@pytest.mark.parametrize(("claim", "words", "fields"), SPACES)
def test_decided_means_that_nothing_changes_it(
    claim: Standard, words: tuple[str, ...], fields: dict[str, object], reasons: bool
) -> None:
    rng, found = Random(5), 0
    rule = Rule.model_validate({"reasons": reasons, **fields})
    for _ in range(120):
        size = rng.randint(1, 7)
        families = rng.choice(["q", "qg"])
        said = attempts(" ".join(rng.choice(families) + rng.choice(words) for _ in range(size)))
        left = {family: rng.randint(0, 2) for family in families}
        if sum(left.values()) > 3 or not decided(claim, said, rule, left):
            continue
        found += any(left.values())
        now = fate(said, rule, claim)
        assert all(fate(full, rule, claim) == now for full in completions(said, left, words))
    assert found >= 10, "the test has to meet cases that are decided early"


@pytest.mark.parametrize(
    ("said", "left", "reasons", "expected"),
    [
        ("q36 q36 q36", {"q": 1}, True, False),  # the fourth may be against it, and a quarter is too many
        ("q36 q36 q36 q36", {"q": 0}, True, True),
        ("q36 q36 g36 q36 g36", {"q": 1, "g": 2}, True, False),  # 3 of 8
        ("q36 g36 q36 g36 q36 g36", {"q": 1, "g": 1}, True, True),  # 2 of 8
        ("q6 q7", {"q": 2}, True, False),  # unsolved, or disputed
        ("q6 q7", {"q": 2}, False, True),  # but not accepted
        ("q6", {"q": 3}, False, False),  # and one alone is no reason
        ("q6 q6", {"q": 2}, False, False),  # perhaps a correction
        ("q6 q6 q36", {"q": 1}, True, True),
        ("q6 g6 q7 g7", {"q": 2, "g": 2}, True, True),
        ("q6 g7", {"q": 3, "g": 3}, False, False),  # 6 of 8 would do
        ("q6 g7 q8", {"q": 2, "g": 3}, False, True),  # 5 of 8 would not
        ("q36 q36 q36 q36", {"g": 1}, True, False),  # a family that has not been asked
        ("q- q- q-", {"q": 1}, True, True),  # one alone is too few for anything
        ("q- q- q-", {"q": 1}, False, True),
    ],
)  # fmt: skip
def test_when_it_is_decided(said: str, left: dict[str, int], reasons: bool, expected: bool) -> None:
    assert decided(CLAIM, attempts(said), Rule(reasons=reasons), left) is expected
