"""A teacher behind a real server, which says what it likes; only what proves itself is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from propound.models.errors import ModelDownError
from propound.sandbox import Limits
from propound.skills import Library
from tests.factories.model_server import ModelServer, client_of, fails, model_server, says
from trainer.acquisition import score
from trainer.acquisition.candidate import Candidate, read_candidate
from trainer.acquisition.corpus import Excerpt
from trainer.acquisition.remote import RemoteTeacher
from trainer.acquisition.run import LIBRARY, Decision, Run
from trainer.acquisition.score import Scorer
from trainer.acquisition.scripted import ScriptedTeacher

EXCERPT = (
    "Problem. What is the sum of the first 20 odd positive integers?\n"
    "Solution. Let $n = 20$. Then $\\sum_{k=1}^{n} (2k - 1) = n^2$.\nAnswer. 400\n"
)
GOOD = ScriptedTeacher().extract(Excerpt("", EXCERPT), 0).text()


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture
def teacher(server: ModelServer) -> Iterator[RemoteTeacher]:
    client = client_of(server.url, "large-model")
    yield RemoteTeacher(client)
    client.close()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text(EXCERPT)
    return tmp_path / "corpus"


def run(corpus: Path, teacher: RemoteTeacher, samples: int = 1) -> Run:
    scorer = Scorer.open(pairs=False)
    return Run(corpus, corpus.parent / "out", teacher, scorer, threshold=0.4, samples=samples)


def decided(corpus: Path, teacher: RemoteTeacher, samples: int = 1) -> list[Decision]:
    return list(run(corpus, teacher, samples).decide())


def test_a_sound_package_is_kept(server: ModelServer, teacher: RemoteTeacher, corpus: Path) -> None:
    server.usual = says(f"<think>=== SKILL.md ===</think>Here it is.\n{GOOD}")
    (decision,) = decided(corpus, teacher)
    assert (decision.kept, decision.reason, decision.teacher) == (True, "", "large-model")
    assert list(Library.load(corpus.parent / "out" / LIBRARY).packages) == [decision.name]
    system, user = server.requests[0]["messages"]
    assert "scripts/skill.py" in system["content"]
    assert EXCERPT.strip() in user["content"]
    assert server.requests[0]["temperature"] == 0.7


def test_samples_differ_and_the_same_skill_is_kept_once(
    server: ModelServer, teacher: RemoteTeacher, corpus: Path
) -> None:
    other = GOOD.replace(read_candidate(GOOD).name, "sum-of-odd-numbers")
    server.script.extend([says(GOOD), says(GOOD), says(other), says("I would rather not.")])
    decisions = decided(corpus, teacher, 5)
    assert len({request["seed"] for request in server.requests}) == 5
    assert [decision.kept for decision in decisions] == [True, False, False, False, False]
    assert "the library has a skill called" in decisions[1].reason
    assert "r = 0.00" in decisions[2].reason
    assert decisions[2].score["nearest"] == decisions[0].name
    assert "once and in this order" in decisions[3].reason
    assert decisions[4].reason == decisions[3].reason


def changed(**files: tuple[str, str]) -> str:
    """The good package with something replaced in its parts."""
    good = read_candidate(GOOD)
    parts = dict(zip(("skill", "script", "wording"), good.files, strict=True))
    for name, (before, after) in files.items():
        assert before in parts[name]
        parts[name] = parts[name].replace(before, after)
    return Candidate(
        good.name, (parts["skill"], parts["script"], parts["wording"]), good.parameters, good.answer
    ).text()


FORGED = """    import os
    os.write(1, b"[]\\n")
    os._exit(0)
"""
SILENT = """    if p["n"] not in (10, 11, 12, 20):
        raise ValueError("no result")
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (changed(script=("def recompute(p):\n", f"def recompute(p):\n{FORGED}")), "imports os"),
        (
            changed(script=("(2 * k) - 1", "2 * k")),
            "the second method gives 420 for the worked example, not 400",
        ),
        (changed(script=("(2 * k) - 1", "(2 * k) - 1 + (n % 20) * 0.5")), "the methods differ"),
        (changed(script=("rng.randint(", "(lambda *_: 20)(")), "every draw has the same answer"),
        (changed(script=("    n = Fraction", "    while True:\n        pass\n    n = Fraction")), "cpu"),
        (changed(wording=("{n}", "twenty")), "form 1 says"),
        (changed(wording=("[[positive", "positive")), "unexpected ']]'"),
        (changed(script=("def recompute(p):\n", f"def recompute(p):\n{SILENT}")), "is below 0.4"),
        (
            changed(skill=("gives: integer", "gives: quantity")),
            "no problem can end with a result that is quantity",
        ),
        (changed(skill=("gives: integer", "gives: text")), "no problem can end with a result that is text"),
        (changed(skill=("domain: mathematics", "domain: coding")), "a coding skill has no worked example"),
        (GOOD.replace('"n": 20', '"n": 21'), "the number 21 of the worked example does not stand"),
        (GOOD.replace('"n": 20', '"n": "20"'), "is no integer"),
        (GOOD.replace('"n": 20', '"m": 20'), "other parameters"),
        (GOOD.replace('"answer": "400"', '"answer": "401"'), "the number 401"),
        (GOOD.replace('"answer": "400"', '"answer": "20"'), "gives 400 for the worked example, not 20"),
    ],
)
def test_what_does_not_prove_itself_is_not_kept(
    server: ModelServer,
    teacher: RemoteTeacher,
    corpus: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    reason: str,
) -> None:
    assert text != GOOD
    monkeypatch.setattr(score, "LIMITS", Limits(wall_s=120.0, cpu_s=1.0))
    server.usual = says(text)
    (decision,) = decided(corpus, teacher)
    assert not decision.kept
    assert reason in decision.reason
    assert list((corpus.parent / "out" / LIBRARY).iterdir()) == []


def test_replies_that_are_cut_off_or_refused_are_no_candidates(
    server: ModelServer, teacher: RemoteTeacher, corpus: Path
) -> None:
    server.script.extend([says(GOOD, finish="length"), fails(400, "context length is 10 tokens")])
    reasons = [decision.reason for decision in decided(corpus, teacher, 2)]
    assert reasons[0] == "no candidate: the reply was cut off: its budget of tokens was used up"
    assert "context length" in reasons[1]


def test_a_server_that_is_away_ends_the_run_and_the_next_goes_on(
    server: ModelServer, teacher: RemoteTeacher, corpus: Path
) -> None:
    server.script.append(says(GOOD))
    server.usual = fails(503)
    with pytest.raises(ModelDownError):
        decided(corpus, teacher, 2)
    server.usual = says("no")
    asked = len(server.requests)
    (decision,) = decided(corpus, teacher, 2)
    assert decision.sample == 1
    assert len(server.requests) == asked + 1
    lines = (corpus.parent / "out" / "decisions.jsonl").read_text().splitlines()
    assert [json.loads(line)["kept"] for line in lines] == [True, False]
