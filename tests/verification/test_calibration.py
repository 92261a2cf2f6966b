"""Rates of a committee, by hand: what counts, what is pooled, what is called measured, and what votes are worth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.domain import Domain
from propound.verification.calibration import (
    ENOUGH,
    SHARED,
    Committee,
    Rate,
    Trial,
    errors,
    independence,
    rates,
)
from propound.verification.canaries.canary import Fault
from propound.verification.consensus import Rule
from propound.verification.evidence import Standing
from propound.verification.verdict import Verdict
from propound.verification.vote import WITHOUT_VERDICT, Rejection
from tests.factories.trials import canary, evidence, trial, vote

HERE = Committee(solvers=("small@1",), judges=(), auditor=None, standing=Standing())


def test_an_attempt_errs_by_its_answer_and_a_judge_by_its_vote() -> None:
    votes = (vote("first"), vote("second", valid=False), vote("third", abstains=True))
    found = evidence("42", "41", None, votes=votes)
    assert errors(canary(), found) == {
        "small@1 1": False,
        "other@1 1": True,
        "first": False,
        "second": True,
    }


def test_where_the_claim_is_wrong_those_err_who_come_to_it() -> None:
    wrong = canary(Fault.WRONG_ANSWER, answer="41", truth="42")
    found = evidence("42", "41", claim="41", votes=(vote("first"), vote("second", valid=False)))
    assert errors(wrong, found) == {
        "small@1 1": False,
        "other@1 1": True,
        "first": True,
        "second": False,
    }


@pytest.mark.parametrize("fault", [Fault.DROPPED_CONDITION, Fault.TWO_READINGS])
def test_where_there_is_no_one_answer_those_err_who_come_to_the_claimed_one(fault: Fault) -> None:
    assert errors(canary(fault, truth=None), evidence("42", "7")) == {"small@1 1": True, "other@1 1": False}


@pytest.mark.parametrize("fault", [Fault.PRINTED, Fault.GIVEN_AWAY, Fault.FOREIGN])
def test_a_right_answer_is_no_error_though_the_problem_is_flawed(fault: Fault) -> None:
    found = evidence("42", "7", votes=(vote("first"),))
    assert errors(canary(fault), found) == {"small@1 1": False, "other@1 1": True, "first": True}


def test_addressed_ones_have_a_right_or_a_wrong_claim() -> None:
    right, wrong = canary(Fault.ADDRESSED), canary(Fault.ADDRESSED, answer="41")
    assert errors(right, evidence("42")) == {"small@1 1": False}
    assert errors(wrong, evidence("42", claim="41")) == {"small@1 1": False}
    assert errors(wrong, evidence("41", claim="41")) == {"small@1 1": True}


def test_where_it_is_not_known_what_is_right_attempts_are_left_out() -> None:
    assert errors(canary(Fault.TWO_QUESTIONS, truth=None), evidence("42", "7")) == {}
    assert errors(canary(Fault.CONTRADICTORY, truth=None), evidence("42")) == {}


def test_a_trial_says_what_the_verdict_was() -> None:
    verdict = Verdict(
        accepted=False, rejection=Rejection.UNSOLVED, rationale="nobody", evidence=evidence("7", "8")
    )
    found = Trial.of(canary(seed=3), verdict, HERE)
    assert (found.accepted, found.rejection, found.committee) == (False, Rejection.UNSOLVED, HERE.id)
    assert found.canary == canary(seed=3).id
    assert found.errors == {"small@1 1": True, "other@1 1": True}
    assert Trial.model_validate_json(found.model_dump_json()) == found


def test_a_committee_is_another_one_with_another_prompt_rule_or_judge() -> None:
    others = [
        HERE.model_copy(update={"solvers": ("small@2",)}),
        HERE.model_copy(update={"judges": ("judge/solver:small@1",)}),
        HERE.model_copy(update={"auditor": "auditor/big@1"}),
        HERE.model_copy(update={"standing": Standing(rule=Rule(agree=3))}),
    ]
    assert len({HERE.id, *(each.id for each in others)}) == 5
    assert HERE.id == Committee.model_validate_json(HERE.model_dump_json()).id


def test_rates_by_hand() -> None:
    found = rates(
        [
            *(trial(n, accepted=n < 3) for n in range(4)),
            trial(9, rejection=Rejection.UNDECIDED),
            trial(1, domain=Domain.SCIENCE, accepted=True),
            *(trial(n, Fault.WRONG_ANSWER, accepted=n == 0) for n in range(5)),
            trial(0, Fault.PRINTED, domain=Domain.CODING),
            trial(0, Fault.PRINTED, domain=Domain.CODING, accepted=True),  # a second time: the first counts
            trial(7, Fault.PRINTED, accepted=True, committee="elsewhere"),
        ],
        "here",
    )
    assert found.trials == 12
    assert [(each.domain, each.decided, each.accepted, each.undecided) for each in found.true_accepts] == [
        (None, 5, 4, 1),
        (Domain.MATHEMATICS, 4, 3, 1),
        (Domain.SCIENCE, 1, 1, 0),
    ]
    assert found.of_sound.share == 0.8
    assert (found.of_faults.decided, found.of_faults.accepted) == (6, 1)
    by_kind = {(each.fault, each.domain): (each.decided, each.accepted) for each in found.false_accepts}
    assert by_kind[None, Domain.MATHEMATICS] == (5, 1)
    assert by_kind[None, Domain.CODING] == (1, 0)
    assert by_kind[Fault.WRONG_ANSWER, None] == (5, 1)
    assert by_kind[Fault.PRINTED, None] == (1, 0)
    assert by_kind[Fault.FOREIGN, None] == (0, 0)


@pytest.mark.parametrize("reason", sorted(WITHOUT_VERDICT))
def test_what_has_no_verdict_counts_on_neither_side(reason: Rejection) -> None:
    found = rates([trial(0, Fault.PRINTED, rejection=reason)], "here").of_faults
    assert (found.decided, found.accepted, found.undecided, found.share) == (0, 0, 1, None)
    assert found.interval == (0.0, 1.0)


def test_fewer_than_sixty_are_not_called_measured_and_none_wrong_claims_no_less_than_three_in_n() -> None:
    few, enough = Rate(decided=ENOUGH - 1, accepted=0), Rate(decided=ENOUGH, accepted=0)
    assert not few.is_measured
    assert enough.is_measured
    assert enough.interval[0] == 0.0
    assert enough.interval[1] >= 0.05
    assert Rate(decided=2, accepted=0).interval == (0.0, 1.0)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_an_interval_holds_the_share(counts: tuple[int, int]) -> None:
    decided, accepted = counts
    rate = Rate(decided=decided, accepted=accepted)
    low, high = rate.interval
    assert rate.share is not None
    assert 0 <= low <= rate.share <= high <= 1


def test_votes_that_always_err_together_are_worth_one_and_independent_ones_all() -> None:
    alike = [{"a": number % 4 == 0, "b": number % 4 == 0, "c": number % 4 == 0} for number in range(SHARED)]
    found = independence(alike)
    assert found is not None
    assert found.members == 3
    assert found.correlation == pytest.approx(1)
    assert found.votes == pytest.approx(1)
    apart = [{"a": number % 2 == 0, "b": number // 2 % 2 == 0} for number in range(SHARED)]
    found = independence(apart)
    assert found is not None
    assert found.members == 2
    assert found.correlation == pytest.approx(0)
    assert found.votes == pytest.approx(2)


def test_the_correlation_of_a_committee_is_the_mean_over_its_pairs() -> None:
    """a and b always err together (rho = 1), c independently of both (rho = 0): 3 / (1 + 2 / 3) = 1.8."""
    cases = [{"a": n % 2 == 0, "b": n % 2 == 0, "c": n // 2 % 2 == 0} for n in range(SHARED)]
    found = independence(cases)
    assert found is not None
    assert found.correlation == pytest.approx(1 / 3)
    assert found.votes == pytest.approx(1.8)


def test_nothing_is_said_of_members_that_never_err_or_share_too_few() -> None:
    assert independence([]) is None
    assert independence([{"a": False, "b": n % 2 == 0} for n in range(SHARED)]) is None
    assert independence([{"a": n % 2 == 0, "b": n % 2 == 0} for n in range(SHARED - 1)]) is None
