"""Rejection sampling over a corpus: the best of near-copies with r >= tau is kept, and nothing is paid for twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from propound.domain import Domain
from propound.models.errors import ModelDownError
from propound.models.ledger import MemoryLedger
from tests.factories.acquisition import (
    DOUBLE,
    HANDSHAKES,
    REVISED,
    handshakes,
    library,
    rates,
    teaches,
)
from tests.factories.model_server import ModelServer, client_of, fails, model_server, says
from trainer.acquisition.cutting import Kind, Piece
from trainer.acquisition.draft import Draft
from trainer.acquisition.rating import Rater
from trainer.acquisition.run import Acquired, Acquisition, Candidate, Dropped, Purse
from trainer.acquisition.score import Library, Parts, Reason
from trainer.acquisition.teacher import Teacher, longest_piece

LIBRARY = library()
ROD = Piece(
    "b.md#1", "Problem. A copper rod is heated by 40 K.\nSolution. It grows.\nAnswer. 3 mm", Kind.QUESTIONS
)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture
def second() -> Iterator[ModelServer]:
    with model_server(rates()) as server:
        yield server


@pytest.fixture
def teacher(server: ModelServer) -> Iterator[Teacher]:
    client = client_of(server.url, "large", concurrency=1)
    yield Teacher(client)
    client.close()


@pytest.fixture
def rater(second: ModelServer) -> Iterator[Rater]:
    client = client_of(second.url, "judge", concurrency=1)
    yield Rater(client)
    client.close()


def run(teacher: Teacher, *pieces: Piece, **more: Any) -> Acquired:
    return Acquisition(teacher, LIBRARY, **more).run(pieces or (handshakes(),))


def reasons(acquired: Acquired) -> dict[str, Reason]:
    return {each.label: each.reason for each in acquired.dropped}


def test_a_good_card_is_kept_with_its_parts(server: ModelServer, teacher: Teacher) -> None:
    server.usual = says(DOUBLE.text())
    (kept,) = run(teacher).kept
    assert (kept.name, kept.source, kept.candidate, kept.card) == ("counting-twice", "a.md#1", 0, DOUBLE)
    assert kept.r == kept.parts.total > 0.65
    assert kept.ratings == ()


def test_each_kind_of_piece_has_its_prompt_and_each_candidate_its_seed(
    server: ModelServer, teacher: Teacher
) -> None:
    server.usual = says('{"name": ""}')
    acquired = run(teacher, handshakes(), Piece("t.md#1", "A passage."), candidates=2)
    assert set(reasons(acquired).values()) == {Reason.NO_SKILL}
    systems = [request["messages"][0]["content"] for request in server.requests]
    assert [system.startswith("You find skills in worked problems.") for system in systems] == [
        True,
        True,
        False,
        False,
    ]
    assert all(system.startswith("You find skills in") and '"workflow": [' in system for system in systems)
    assert len({request["seed"] for request in server.requests}) == 4
    assert server.requests[0]["response_format"]["json_schema"]["schema"]["required"][0] == "name"
    assert {request["max_tokens"] for request in server.requests} == {1_200}


def test_every_other_candidate_has_its_reason(server: ModelServer, teacher: Teacher) -> None:
    weak = Draft(**{**DOUBLE.model_dump(), "tool": "", "check": "", "effect": "", "mistakes": ""})
    server.script.extend(
        [
            says("I would rather not."),
            says(DOUBLE.text(), finish="length"),
            says(DOUBLE.model_copy(update={"workflow": ""}).text()),
            says(DOUBLE.text()),
            says(REVISED.text()),
            says(weak.text()),
            fails(400, "context length is 10 tokens"),
        ]
    )
    good, bad = (LIBRARY.measure(each, handshakes()) for each in (DOUBLE, weak))
    assert isinstance(good, Parts)
    assert isinstance(bad, Parts)
    tau = (good.total + bad.total) / 2
    acquired = run(teacher, candidates=7, tau=tau)
    assert reasons(acquired) == {
        "a.md#1/0": Reason.UNREAD,
        "a.md#1/1": Reason.UNANSWERED,
        "a.md#1/2": Reason.INCOMPLETE,
        "a.md#1/4": Reason.REPEATED,
        "a.md#1/5": Reason.LOW,
        "a.md#1/6": Reason.UNANSWERED,
    }
    assert [kept.candidate for kept in acquired.kept] == [3]
    repeated, low = acquired.dropped[3:5]
    assert repeated.detail.startswith("counting-twice of a.md#1/3 is like it (0.9")
    assert repeated.parts is not None
    assert low.r == bad.total
    assert low.detail.startswith(f"r = {low.r:.3f} is below {tau:g}: form 0.60")
    assert low.card == weak
    assert "context length" in acquired.dropped[5].detail


def test_near_copies_of_other_pieces_are_merged_into_the_best(server: ModelServer, teacher: Teacher) -> None:
    other = Piece("c.md#1", HANDSHAKES.replace("17", "19").replace("16", "18"), Kind.QUESTIONS)
    worse = REVISED.model_copy(update={"tool": ""})
    server.usual = teaches({"17 delegates": DOUBLE, "19 delegates": worse})
    acquired = run(teacher, other, handshakes())
    (kept,) = acquired.kept
    assert (kept.source, kept.sources) == ("a.md#1", ("c.md#1",))
    assert reasons(acquired) == {"c.md#1/0": Reason.REPEATED}


def test_names_that_are_taken_get_a_number(server: ModelServer, teacher: Teacher) -> None:
    rod = DOUBLE.model_copy(
        update={
            "name": "modular power",
            "description": "Heats a copper rod and asks how much longer it grows, for rods, rails and bridges.",
            "intent": "A small growth has to be found.",
            "method": "Choose a rod of copper or steel, heat it by some kelvin, and ask for the growth.",
            "difficulty": "A length in millimetres follows from one in metres.",
            "recognition": "It fits metals which are heated evenly and grow freely.",
            "workflow": "Choose the metal rod and heat it.\nState the coefficient of growth.\nAsk how far it grows.",
            "effect": "Several rods in a row grow together, which hides the one that is asked for.",
            "check": "Work out the growth again in metres.",
            "mistakes": "The coefficient is not given.",
            "domain": Domain.SCIENCE,
        }
    )
    server.usual = teaches(
        {"17 delegates": DOUBLE.model_copy(update={"name": "modular power"}), "copper": rod}
    )
    acquired = run(teacher, handshakes(), ROD, tau=0.3)
    assert sorted(kept.name for kept in acquired.kept) == ["modular-power-2", "modular-power-3"]


def test_a_named_domain_is_every_cards(server: ModelServer, teacher: Teacher) -> None:
    server.usual = says(DOUBLE.model_copy(update={"domain": None}).text())
    assert reasons(run(teacher)) == {"a.md#1/0": Reason.INCOMPLETE}
    (kept,) = run(teacher, domain=Domain.CODING).kept
    assert kept.card.domain is Domain.CODING


def test_a_rating_is_a_part_and_only_asked_for_where_it_can_decide(
    server: ModelServer, second: ModelServer, teacher: Teacher, rater: Rater
) -> None:
    server.script.extend(
        [says(DOUBLE.text()), says(REVISED.text()), says(DOUBLE.model_copy(update={"name": ""}).text())]
    )
    second.usual = rates(4)
    acquired = run(teacher, candidates=3, raters=(rater,))
    (kept,) = acquired.kept
    assert kept.parts.rated == 0.75
    assert kept.r == pytest.approx(
        (kept.parts.model_copy(update={"rated": None}).total ** 5 * 0.75) ** (1 / 6)
    )
    assert [rating.rationale for rating in kept.ratings] == ["It is clear."]
    assert len(second.requests) == 1, "near-copies are merged before"
    low = run(teacher, candidates=1, raters=(rater,), tau=0.99)
    assert reasons(low) == {"a.md#1/0": Reason.LOW}
    assert len(second.requests) == 1, "the best rating would not do"


def test_a_card_that_a_rater_finds_false_is_dropped(
    server: ModelServer, second: ModelServer, teacher: Teacher, rater: Rater
) -> None:
    server.usual = says(DOUBLE.text())
    second.usual = rates(5, ("false",))
    (dropped,) = run(teacher, raters=(rater,)).dropped
    assert (dropped.reason, dropped.r) == (Reason.LOW, 0.0)
    assert "0.00, false: It is clear." in dropped.detail


def test_without_any_rating_nothing_is_kept_where_raters_are(
    server: ModelServer, second: ModelServer, teacher: Teacher, rater: Rater
) -> None:
    server.usual = says(DOUBLE.text())
    second.usual = says("Very good!")
    (dropped,) = run(teacher, raters=(rater,)).dropped
    assert (dropped.reason, dropped.r) == (Reason.NOT_RATED, None)
    assert "the ticket stands in the reply 0 times" in dropped.detail


def purse(path: Path, most: int | None = None) -> Purse:
    return Purse(path / "requests.jsonl", most)


def test_a_stopped_run_goes_on_and_pays_for_nothing_twice(
    server: ModelServer, second: ModelServer, teacher: Teacher, rater: Rater, tmp_path: Path
) -> None:
    teacher.client.ledger = rater.client.ledger = purse(tmp_path)
    server.script.append(says(DOUBLE.text()))
    server.usual = fails(503)
    with pytest.raises(ModelDownError):
        run(teacher, candidates=3, raters=(rater,))
    asked = len(server.requests)
    server.usual = says(REVISED.text())
    teacher.client.ledger = rater.client.ledger = purse(tmp_path)
    acquired = run(teacher, candidates=3, raters=(rater,))
    assert len(server.requests) == asked + 2
    assert [kept.name for kept in acquired.kept] == ["counting-twice"]

    teacher.client.ledger = rater.client.ledger = purse(tmp_path)
    assert run(teacher, candidates=3, raters=(rater,)) == acquired
    assert run(teacher, candidates=3, raters=(rater,), tau=0.99).kept == []
    assert (len(server.requests), len(second.requests)) == (asked + 2, 1)


def test_a_budget_of_tokens_ends_the_asking_and_not_the_run(
    server: ModelServer, second: ModelServer, teacher: Teacher, rater: Rater, tmp_path: Path
) -> None:
    teacher.client.ledger = rater.client.ledger = purse(tmp_path, 2_000)
    server.usual = teaches({"delegates": DOUBLE})
    acquired = run(teacher, candidates=4, raters=(rater,))
    assert len(server.requests) == 2, "1,000 tokens each"
    assert acquired.unasked == 2
    assert reasons(acquired) == {"a.md#1/0": Reason.NOT_RATED, "a.md#1/1": Reason.REPEATED}
    assert "budget of 2000 tokens" in acquired.dropped[0].detail
    assert second.requests == []
    teacher.client.ledger = rater.client.ledger = purse(tmp_path, 5_000)
    again = run(teacher, candidates=4, raters=(rater,))
    assert (again.unasked, [kept.name for kept in again.kept]) == (0, ["counting-twice"])
    assert (len(server.requests), len(second.requests)) == (4, 1)


def test_a_server_that_does_not_count_is_charged_all_the_same(
    server: ModelServer, teacher: Teacher, tmp_path: Path
) -> None:
    teacher.client.ledger = found = Purse(tmp_path / "requests.jsonl", 5_000, uncounted=3_000)
    server.usual = says(DOUBLE.text(), usage=None)
    assert run(teacher, candidates=3).unasked == 1
    assert found.used == 6_000


def test_candidates_come_in_order_however_many_are_on_their_way(server: ModelServer) -> None:
    client = client_of(server.url, "large", concurrency=4)
    server.usual = teaches({"17 delegates": DOUBLE})
    said: list[str] = []
    pieces = (ROD, handshakes(), Piece("c.md#1", "A passage."))
    Acquisition(Teacher(client), LIBRARY, candidates=2).run(
        pieces, lambda sampled: said.append(sampled.label)
    )
    client.close()
    assert said == ["b.md#1/0", "b.md#1/1", "a.md#1/0", "a.md#1/1", "c.md#1/0", "c.md#1/1"]


def test_pieces_fit_into_the_context() -> None:
    assert longest_piece(100_000, 1_200) == 9_000
    assert 500 <= longest_piece(4_096, 900) < 9_000
    assert longest_piece(4_096, 900) - longest_piece(4_096, 1_300) == 1_000, (
        "2.5 bytes for each of 400 tokens"
    )
    assert longest_piece(8_192, 900, thought_tokens=4_096) == longest_piece(4_096, 900)
    with pytest.raises(ValueError, match="a context of 2048 tokens leaves no room for material"):
        longest_piece(2_048, 1_200)


PARTS = st.fixed_dictionaries(
    {
        key: st.sampled_from(["", "alpha beta gamma", "delta epsilon zeta eta"])
        for key in ("description", "method", "workflow", "tool", "intent")
    }
)


@settings(deadline=None, max_examples=40)
@given(st.lists(PARTS, min_size=1, max_size=8), st.floats(0, 1))
def test_every_candidate_is_kept_once_or_dropped_once(cards: list[dict[str, str]], tau: float) -> None:
    drafts = [Draft(name=f"card {number}", domain=Domain.CODING, **card) for number, card in enumerate(cards)]
    outcomes = iter(drafts)

    class Scripted:
        client = type(
            "Client", (), {"model": type("Model", (), {"concurrency": 1})(), "ledger": MemoryLedger()}
        )()

        def extract(self, *_: object) -> Draft:
            return next(outcomes)

    acquisition = Acquisition(Scripted(), Library.of(()), tau=tau, candidates=len(drafts))  # type: ignore[arg-type]
    told: list[Candidate | Dropped] = []
    acquired = acquisition.run([handshakes()], told.append)
    numbers = [kept.candidate for kept in acquired.kept] + [each.candidate for each in acquired.dropped]
    assert sorted(numbers) == list(range(len(drafts)))
    assert len(told) == len(drafts)
    assert all(kept.r >= tau for kept in acquired.kept)
    assert len({kept.name for kept in acquired.kept}) == len(acquired.kept)
    assert all(each.r is None or each.reason is Reason.REPEATED or each.r < tau for each in acquired.dropped)
    assert json.loads(acquired.dropped[0].model_dump_json())["reason"] if acquired.dropped else True
