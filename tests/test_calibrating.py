"""Canaries before the committee of a job: drawn alike anywhere, decided by blind solvers, taken up where runs ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.responses import JSONResponse, Response

from propound.calibrating import CalibrationError, Calibrator, Kind, TrialFile, committee_of, wanted
from propound.domain import Domain
from propound.episodes import EpisodeRunner
from propound.errors import ServiceDownError
from propound.models.client import Client
from propound.models.ledger import MemoryLedger
from propound.models.ledger_file import FileLedger
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.skills.cards import default_cards
from propound.solving.attempt import Solving
from propound.verification.calibration import Rates
from propound.verification.canaries.canary import Canary, Fault
from propound.verification.canaries.episode import POLICY, trajectory_of
from propound.verification.vote import Rejection
from tests.factories.model_server import Answer, ModelServer, client_of, completion, fails, model_server

LIBRARY, SANDBOX, CARDS = default_library(), open_sandbox(), default_cards()
EMPTY = Calibrator(EpisodeRunner(LIBRARY, SANDBOX), {card.name: card for card in CARDS})
MATHEMATICS = Domain.MATHEMATICS


def solving(canaries: list[Canary]) -> Answer:
    """A solver that works out the answer to each of these statements, and to others something of its own."""
    known = {canary.submission.statement: canary.truth for canary in canaries}

    def answer(body: dict[str, Any]) -> Response:
        asked = "\n".join(str(message["content"]) for message in body["messages"])
        truth = next((truth for statement, truth in known.items() if statement in asked and truth), None)
        said = truth if truth is not None else str(10_000 + abs(hash(asked)) % 10_000)
        return JSONResponse(completion(f"```python\nprint({said!r})\n```"))

    return answer


@dataclass
class Workplace:
    """A server, and two solvers of two families at it."""

    server: ModelServer
    clients: tuple[Client, ...]

    def calibrator(self, ledger: FileLedger | None = None) -> Calibrator:
        """With these solvers, whose requests are kept in the ledger."""
        for client in self.clients:
            client.ledger = ledger or MemoryLedger()
        solvers = tuple(Solving(client, SANDBOX) for client in self.clients)
        return replace(EMPTY, runner=replace(EMPTY.runner, solvers=solvers))


@pytest.fixture
def workplace() -> Iterator[Workplace]:
    with model_server() as server, ExitStack() as stack:
        clients = [client_of(server.url, name, family=name) for name in ("first", "second")]
        for client in clients:
            stack.callback(client.close)
        yield Workplace(server, tuple(clients))


def test_kinds_are_dealt_over_domains_and_one_of_each_comes_first() -> None:
    found = wanted(4, [None, Fault.PRINTED])
    assert [kind.fault for kind in found] == [None, Fault.PRINTED] * 4
    assert [kind.domain for kind in found[::2]] == [*Domain, MATHEMATICS]
    assert len(set(found)) == 8
    assert len(wanted(1)) == 1 + len(Fault)


@pytest.mark.parametrize("fault", [None, Fault.WRONG_ANSWER, Fault.FOREIGN])
def test_a_canary_follows_from_its_kind(fault: Fault | None) -> None:
    kind = Kind(fault, Domain.SCIENCE, 2)
    first, second = EMPTY.canary(kind), replace(EMPTY).canary(kind)
    assert first == second
    assert (first.fault, first.domain) == (fault, Domain.SCIENCE)
    assert EMPTY.canary(kind._replace(number=3)) != first
    other = EMPTY.canary(kind._replace(fault=Fault.PRINTED))
    assert other.submission.statement != first.submission.statement, "every kind has problems of its own"


def test_a_canary_is_an_episode_that_hands_in_what_it_says() -> None:
    canary = EMPTY.canary(Kind(Fault.PRINTED, Domain.CODING, 0))
    trajectory = trajectory_of(canary, EMPTY.cards)
    assert trajectory.submission == canary.submission
    assert trajectory.policy == POLICY
    assert trajectory.spec.open is not None
    assert trajectory.spec.open.coding is canary.coding
    assert {card.name for card in trajectory.spec.open.cards} == set(canary.skills)
    assert str(canary.fault) not in trajectory.steps[0].text


def by_kind(found: Rates) -> Mapping[Fault | None, tuple[int, int]]:
    """Decided and accepted ones over all domains."""
    pairs = {each.fault: (each.decided, each.accepted) for each in found.false_accepts if each.domain is None}
    return {**pairs, None: (found.of_sound.decided, found.of_sound.accepted)}


def test_who_solves_from_the_statement_alone_accepts_sound_ones_and_finds_faults(
    workplace: Workplace, tmp_path: Path
) -> None:
    faults = [None, Fault.WRONG_ANSWER, Fault.CHANGED_NUMBER, Fault.DROPPED_CONDITION, Fault.PRINTED]
    kinds = wanted(2, faults, [MATHEMATICS, Domain.SCIENCE])
    workplace.server.usual = solving([EMPTY.canary(kind) for kind in kinds])
    kept = TrialFile(tmp_path / "trials.jsonl")
    seen: list[object] = []
    found = workplace.calibrator().run(kinds, kept, on_trial=seen.append)
    assert len(seen) == found.trials == 10
    assert by_kind(found)[None] == (2, 2)
    for fault in faults[1:]:
        decided, accepted = by_kind(found)[fault]
        assert accepted == 0
        assert decided <= 2
    printed = [trial for trial in kept.of(found.committee) if trial.fault is Fault.PRINTED]
    assert {trial.rejection for trial in printed} == {Rejection.NOT_COMPUTED}


def test_a_run_that_was_stopped_goes_on_where_it_was(workplace: Workplace, tmp_path: Path) -> None:
    kinds = wanted(3, [None], [MATHEMATICS])
    canaries = [EMPTY.canary(kind) for kind in kinds]
    file, ledger = tmp_path / "trials.jsonl", tmp_path / "requests.jsonl"
    workplace.server.usual = solving(canaries)
    workplace.calibrator(FileLedger(ledger)).run(kinds[:1], TrialFile(file), in_flight=1)
    workplace.server.usual = fails(503)
    with pytest.raises(ServiceDownError):
        workplace.calibrator(FileLedger(ledger)).run(kinds, TrialFile(file), in_flight=1)
    workplace.server.usual = solving(canaries)
    workplace.server.requests.clear()
    found = workplace.calibrator(FileLedger(ledger)).run(kinds, TrialFile(file), in_flight=1)
    assert by_kind(found)[None] == (3, 3)
    assert workplace.server.requests, "two were still to be tried"
    assert not any(
        canaries[0].submission.statement in str(request["messages"]) for request in workplace.server.requests
    ), "the first is kept"
    workplace.server.requests.clear()
    file.unlink()
    again = workplace.calibrator(FileLedger(ledger)).run(kinds, TrialFile(file), in_flight=1)
    assert again == found
    assert not workplace.server.requests, "every answer is found in the ledger"


def test_without_solvers_nothing_is_measured(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="name models for the role solvers"):
        EMPTY.run(wanted(1, [None]), TrialFile(tmp_path / "trials.jsonl"))


def test_a_line_of_trials_that_was_cut_off_is_dropped_and_another_file_is_refused(
    workplace: Workplace, tmp_path: Path
) -> None:
    file = tmp_path / "trials.jsonl"
    workplace.server.usual = solving([])
    workplace.calibrator().run(wanted(1, [None], [MATHEMATICS]), TrialFile(file))
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"canary": "ab')
    committee = workplace.calibrator().committee.id
    assert len(TrialFile(file).of(committee)) == 1
    assert file.read_bytes() == whole
    file.write_text("something else\n")
    with pytest.raises(CalibrationError, match="holds no trials"):
        TrialFile(file)


def test_another_model_or_rule_is_another_committee(workplace: Workplace) -> None:
    one = workplace.calibrator()
    alone = replace(one, runner=replace(one.runner, solvers=one.runner.solvers[:1]))
    strict = replace(one, runner=replace(one.runner, rule=one.runner.rule.model_copy(update={"agree": 3})))
    assert len({each.committee.id for each in (one, alone, strict)}) == 3
    assert committee_of(one.runner.open_verification) == workplace.calibrator().committee
