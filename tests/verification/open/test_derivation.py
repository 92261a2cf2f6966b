"""Attempts in rounds by models behind a real server: who is asked, in which order, and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from fastapi.responses import JSONResponse, Response

from propound.answers import AnswerKind
from propound.domain import Domain
from propound.errors import ServiceDownError
from propound.models.purpose import Origin
from propound.problem import Submission
from propound.sandbox import Sandbox, open_sandbox
from propound.solving.asking import Asking
from propound.solving.attempt import Solving
from propound.verification.committee import Standard
from propound.verification.consensus import Outcome, Rule, consensus
from propound.verification.open.derivation import (
    coding_claim,
    derive,
    families_of,
    task_of,
    unit_asked_for,
)
from propound.verification.verifiers import Case
from tests.factories import coding
from tests.factories.model_server import ModelServer, client_of, completion, fails, model_server

CLAIM = Standard("36", AnswerKind.INTEGER)
CASE = Case(
    Domain.MATHEMATICS,
    Submission(statement="A hall has 4 rows of 9 seats. How many seats is that?", answer="36"),
    AnswerKind.INTEGER,
    seed=5,
    member=1,
    origin=Origin(job="j"),
)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_sandbox()


@pytest.fixture(scope="module")
def open_server() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture
def server(open_server: ModelServer) -> ModelServer:
    open_server.clear()
    return open_server


Seat = Callable[..., Solving]


@pytest.fixture
def seat(server: ModelServer, sandbox: Sandbox) -> Iterator[Seat]:
    made: list[Solving] = []

    def seated(served: str, **fields: Any) -> Solving:
        made.append(Solving(client_of(server.url, served, **fields), sandbox))
        return made[-1]

    yield seated
    for solving in made:
        solving.close()


def printing(answers: Mapping[str, str]) -> Callable[[dict[str, Any]], Response]:
    """Each model's programs print these, one after the other."""
    left = {model: iter(said.split()) for model, said in answers.items()}

    def answer(body: dict[str, Any]) -> Response:
        return JSONResponse(completion(f"```python\nprint({next(left[body['model']])})\n```"))

    return answer


def test_a_claim_that_all_agree_with_ends_when_nothing_can_change_it(seat: Seat, server: ModelServer) -> None:
    solvers = [seat("a", family="q"), seat("b", family="g")]
    server.usual = printing({"a": "36 36 36 36", "b": "36 36 36 36"})
    found = derive(CASE, solvers, CLAIM, Rule())
    assert [(each.family, each.number) for each in found] == [
        ("q", 0), ("g", 0), ("q", 1), ("g", 1), ("q", 2), ("g", 2),
    ]  # fmt: skip
    assert consensus(CLAIM, found, Rule()).outcome is Outcome.ACCEPTED
    asked = len(server.requests)
    assert derive(CASE, solvers, CLAIM, Rule()) == found
    assert len(server.requests) == asked, "made again, it pays nothing"


def test_what_cannot_be_accepted_ends_early(seat: Seat, server: ModelServer) -> None:
    server.usual = printing({"a": "6 7 8 9"})
    assert len(derive(CASE, [seat("a")], CLAIM, Rule(reasons=False))) == 2
    server.usual = printing({"a": "36 6 6 6"})
    found = derive(CASE, [seat("a", name="again")], CLAIM, Rule())
    assert [each.answer for each in found] == ["36", "6"]
    assert consensus(CLAIM, found, Rule()).outcome is Outcome.DISPUTED


def test_at_most_so_many_attempts_of_a_family(seat: Seat, server: ModelServer) -> None:
    server.usual = printing({"a": "6 6 6 6", "b": "6 6 6 6"})
    found = derive(CASE, [seat("a", family="q"), seat("b", family="q")], CLAIM, Rule(attempts=3))
    assert [(each.solver, each.number) for each in found] == [("a", 0), ("b", 0), ("a", 1)]
    assert consensus(CLAIM, found, Rule()).families == 1
    assert consensus(CLAIM, found, Rule()).rival == "6"


def test_a_round_is_asked_at_the_same_time(seat: Seat, server: ModelServer) -> None:
    from threading import Barrier

    both = Barrier(2, timeout=60)
    said = printing({"a": "36 36", "b": "36 36"})

    def answer(body: dict[str, Any]) -> Response:
        both.wait()
        return said(body)

    server.usual = answer
    assert len(derive(CASE, [seat("a", family="q"), seat("b", family="g")], CLAIM, Rule(attempts=1))) == 2


def test_they_are_asked_as_the_rule_says(seat: Seat, server: ModelServer) -> None:
    server.usual = printing({"a": "36 36 36 36"})
    (found,) = derive(CASE, [seat("a")], CLAIM, Rule(attempts=1, asking=Asking.FIRST))
    assert "well_posed" in server.requests[0]["messages"][0]["content"]
    assert found.version == seat("a").version(Asking.FIRST)
    assert CASE.submission.answer not in server.requests[0]["messages"][0]["content"].split()


def test_a_service_that_is_down_is_said(seat: Seat, server: ModelServer) -> None:
    server.usual = fails(503)
    with pytest.raises(ServiceDownError):
        derive(CASE, [seat("a")], CLAIM, Rule())


def test_models_of_a_family_and_models_that_are_one_are_one_family(seat: Seat) -> None:
    solvers = [
        seat("a", family="q"),
        seat("b"),
        seat("c", family="q"),
        seat("b", name="bis"),
        seat("d"),
        seat("d", name="dis", family="g"),
    ]
    families = families_of(solvers)
    assert [(each.name, [solver.name for solver in each.solvers]) for each in families] == [
        ("q", ["a", "c"]),
        ("b", ["b", "bis"]),
        ("g", ["d", "dis"]),
    ]
    assert [(solver.name, number) for solver, number in map(families[0].turn, range(4))] == [
        ("a", 0), ("c", 0), ("a", 1), ("c", 1),
    ]  # fmt: skip
    bridge = [seat("e", family="x"), seat("f"), seat("f", name="of-x", family="x")]
    assert [family.name for family in families_of(bridge)] == ["x"]


def test_coding_is_held_against_the_outputs_of_the_reference(seat: Seat, server: ModelServer) -> None:
    problem = coding.problem(1)
    assert problem.coding is not None
    case = Case(Domain.CODING, Submission(statement=problem.statement, answer="[2]"), None)
    program = "```python\ndef solve(items, label):\n    return [1 + item for item in items]\n```"
    server.usual = lambda _: JSONResponse(completion(program))
    claim = coding_claim(problem.coding)
    found = derive(case, [seat("a")], claim, Rule(), coding=problem.coding)
    assert consensus(claim, found, Rule()).outcome is Outcome.ACCEPTED
    assert [each.difference for each in found] == [""] * 4
    wrong = program.replace("1 +", "2 +")
    server.usual = lambda _: JSONResponse(completion(wrong))
    found = derive(case, [seat("b")], claim, Rule(), coding=problem.coding)
    agreed = consensus(claim, found, Rule())
    assert agreed.outcome is Outcome.DISPUTED
    assert found[0].difference == 'for [[1], "\\u03c0"] the reference gives [2], the attempt [3]'


@pytest.mark.parametrize(
    ("statement", "gold", "unit"),
    [
        (
            "With what speed does it hit the ground? Give the answer in m/s with three figures.",
            "19.8 m/s",
            "m/s",
        ),
        ("What is the resistance of the combination, in ohm?", "7.2 ohm", "ohm"),
        ("How many grams of water form?", "36.0 g", "g"),
        ("Give it in °C with three significant figures.", "36.7 °C", "°C"),
        ("The force is in kN. What is the pressure in kilopascals?", "249 kPa", "kPa"),
        ("What is the pressure? Give it in kPa.", "249 Pa", ""),
        ("The mass in kg is 3. What is the force in N?", "5 kg", ""),
        ("What is the pressure?", "249 kPa", ""),
        ("How many seats in the hall?", "36", ""),
    ],
)
def test_the_unit_that_is_asked_for(statement: str, gold: str, unit: str) -> None:
    assert unit_asked_for(statement, Standard(gold, None)) == unit


def test_a_task_says_nothing_of_the_claim_but_its_kind() -> None:
    task = task_of(CASE, Standard("36", None))
    assert (task.statement, task.kind, task.unit, task.coding) == (
        CASE.submission.statement, AnswerKind.INTEGER, "", None,
    )  # fmt: skip
