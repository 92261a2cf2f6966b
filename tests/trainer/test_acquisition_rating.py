"""A second model's rating counts if it is one, of this request; anything else is none and says why."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from propound.models.errors import ModelDownError
from tests.factories.acquisition import DOUBLE, handshakes, rates
from tests.factories.model_server import Answer, ModelServer, client_of, fails, model_server, says
from trainer.acquisition.rating import CardFault, Rater, Rating, mean


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture
def rater(server: ModelServer) -> Iterator[Rater]:
    client = client_of(server.url, "judge")
    yield Rater(client)
    client.close()


def rated(rater: Rater) -> Rating:
    return rater.rate(handshakes(), DOUBLE, 0)


@pytest.mark.parametrize(("said", "value"), [(1, 0.0), (2, 0.25), (5, 1.0)])
def test_ratings_from_one_to_five(server: ModelServer, rater: Rater, said: int, value: float) -> None:
    server.usual = rates(said)
    found = rated(rater)
    assert (found.value, found.faults, found.rationale) == (value, (), "It is clear.")
    assert found.rater == rater.name
    assert found.rater.startswith("judge@")


def test_a_fault_is_worth_nothing(server: ModelServer, rater: Rater) -> None:
    server.usual = rates(5, ("vague", "tied", "vague"))
    found = rated(rater)
    assert (found.value, found.faults) == (0.0, (CardFault.VAGUE, CardFault.TIED))


def test_it_is_blind_to_who_wrote_the_card_and_what_was_measured(server: ModelServer, rater: Rater) -> None:
    server.usual = rates()
    rated(rater)
    asked = json.dumps(server.requests[0])
    assert "shakes hands" in asked
    assert "Counting twice" in asked
    assert not any(word in asked for word in ("teacher", "grounded", "novel", "0.65"))
    schema = server.requests[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["faults"]["items"]["enum"] == [
        "false",
        "tied",
        "vague",
        "unrelated",
        "orders",
    ]


def test_its_prompt_is_fenced_by_marks_that_stand_in_neither_text(server: ModelServer, rater: Rater) -> None:
    server.usual = rates()
    rated(rater)
    system, user = (message["content"] for message in server.requests[0]["messages"])
    begin, *_ = user.split("\n", 1)
    fence = begin.removeprefix("BEGIN MATERIAL ")
    assert len(fence) == 16
    assert user.count(fence) == 4
    assert fence in system
    assert fence not in handshakes().text + DOUBLE.text()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (says("5"), "the ticket stands in the reply 0 times"),
        (says('{"ticket": "0123456789abcdef", "faults": [], "rationale": "", "rating": 5}'), "0 times"),
        (rates(6), "no whole number from 1 to 5"),
        (rates(5, rating=True), "no whole number"),
        (rates(5, rating="5"), "no whole number"),
        (rates(5, ("dull",)), "faults is not a list"),
        (rates(5, faults="none"), "faults is not a list"),
        (rates(5, more=1), "does not end in the JSON object"),
        (says("x", finish="length"), "cut off"),
        (fails(400, "context length exceeded"), "context length"),
    ],
)
def test_what_is_no_rating_says_why(server: ModelServer, rater: Rater, answer: Answer, why: str) -> None:
    server.script.append(rates())
    rated(rater)  # the server answers in general
    server.usual = answer
    found = rater.rate(handshakes(), DOUBLE, 1)
    assert found.value is None
    assert why in found.rationale


def test_a_server_that_is_away_is_no_rating(server: ModelServer, rater: Rater) -> None:
    server.usual = fails(503)
    with pytest.raises(ModelDownError):
        rated(rater)


def test_the_mean_is_over_those_that_rate() -> None:
    ratings = [
        Rating(rater="a", value=1.0),
        Rating(rater="b", rationale="cut off"),
        Rating(rater="c", value=0.5),
    ]
    assert mean(ratings) == 0.75
    assert mean(ratings[1:2]) is None
    assert ratings[0].line() == "a: 1.00: "
