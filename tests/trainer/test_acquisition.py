"""The command, as a person runs it: cards that load, reasons, a report, lines to train on; and it goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from fastapi.responses import Response
from skills_ref import validate

from propound import config
from propound.errors import PropoundError
from propound.policy.chat import encode_turn
from propound.skills.cards import Cards
from tests.cli.commands import propound, running
from tests.factories.acquisition import DOUBLE, HANDSHAKES, rates, teaches
from tests.factories.model_server import ModelServer, model_server, says
from tests.factories.networks import logits
from trainer.acquisition.__main__ import main
from trainer.acquisition.folder import CARDS, CONVERSATIONS, DROPPED, REPORT, REQUESTS
from trainer.batch import pack
from trainer.sft import Settings, prepare

pytestmark = pytest.mark.slow

MODELS = """
[[model]]
name = "teacher"
served = "t"
url = "{teacher}"
concurrency = 1

[[model]]
name = "second"
served = "s"
url = "{second}"

[roles]
teacher = "teacher"
judges = ["teacher", "second"]
"""


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server(teaches({"hands": DOUBLE})) as server:
        server.documents["/v1/models"] = {"data": [{"id": "t", "meta": {"n_ctx": 4_096}}]}
        yield server


@pytest.fixture
def second() -> Iterator[ModelServer]:
    with model_server(rates()) as server:
        yield server


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    rows = [
        {"question": HANDSHAKES.split("\n")[0].removeprefix("Problem. "), "answer": 136},
        {"question": "A rod of copper is heated.", "answer": "3 mm"},
    ]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\nno json\n")
    (folder / "b.md").write_text(
        f"# Pairs\n{HANDSHAKES.replace('delegates', 'guests').replace('delegate', 'guest')}\n"
    )
    return folder


def run(
    corpus: Path, server: ModelServer, second: ModelServer, *words: str
) -> subprocess.CompletedProcess[str]:
    models = corpus.parent / "models.toml"
    models.write_text(MODELS.format(teacher=server.url, second=second.url))
    place = corpus.parent
    return propound(
        "train", "acquisition", "corpus", "out", *words, folder=place, PROPOUND_MODELS=str(models)
    )


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def contents(out: Path) -> dict[str, str]:
    return {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()}


def test_a_run_from_files_to_cards(corpus: Path, server: ModelServer, second: ModelServer) -> None:
    found = run(corpus, server, second)
    assert (found.stderr, found.returncode) == ("", 0)
    lines = found.stdout.splitlines()
    assert lines[0] == (
        "3 pieces, 2 candidates of each by teacher: answers of at most 1200 tokens in a context of 4096"
    )
    assert lines[1].startswith("rated by second@")
    assert lines[2] == "a.jsonl#3: not read: no JSON"
    assert lines[3].startswith("a.jsonl#1/0: counting-twice: r = 0.")
    assert lines[5].startswith("a.jsonl#2/0: no_skill: ")
    assert "kept 1 of 6 candidates: out/cards" in lines
    assert "dropped 5 (2 no_skill, 3 repeated): out/dropped.jsonl" in lines
    assert lines[-1] == "models: 7 requests, 4600 prompt tokens, 1840 completion tokens, cost unknown"

    out = corpus.parent / "out"
    (card,) = Cards.load(out / CARDS)
    assert card.name == "counting-twice"
    assert validate(out / CARDS / card.name) == []
    dropped = rows(out / DROPPED)
    assert [(each["source"], each["candidate"], each["reason"]) for each in dropped] == [
        ("a.jsonl#1", 0, "repeated"),
        ("a.jsonl#1", 1, "repeated"),
        ("a.jsonl#2", 0, "no_skill"),
        ("a.jsonl#2", 1, "no_skill"),
        ("b.md#1", 1, "repeated"),
    ]
    assert set(dropped[0]["parts"]) == {"form", "grounded", "own", "general", "novel", "rated"}
    report = json.loads((out / REPORT).read_text())
    assert report["unread"] == {"a.jsonl#3": "no JSON"}
    assert report["dropped"] == {"no_skill": 2, "repeated": 3}
    assert report["kept"][0]["sources"] == ["b.md#1", "a.jsonl#1"]
    assert report["kept"][0]["parts"]["rated"] == 1
    assert report["spending"]["by_role"]["judge"]["requests"] == 1


def test_the_same_command_asks_for_nothing_twice(
    corpus: Path, server: ModelServer, second: ModelServer
) -> None:
    first = run(corpus, server, second)
    before = contents(corpus.parent / "out")
    again = run(corpus, server, second)
    assert again.stdout == first.stdout
    assert contents(corpus.parent / "out") == before
    assert (len(server.requests), len(second.requests)) == (6, 1)
    strict = run(corpus, server, second, "--tau", "1", "--no-raters")
    assert "kept 0 of 6 candidates" in strict.stdout
    assert list((corpus.parent / "out" / CARDS).iterdir()) == []
    assert len(server.requests) == 6


def test_a_killed_run_goes_on(corpus: Path, server: ModelServer, second: ModelServer) -> None:
    over = Event()

    def late(body: dict[str, Any]) -> Response:
        over.wait(60)
        return says("too late")(body)

    server.script.extend([says(DOUBLE.text(), usage=(700, 300)), late])
    models = corpus.parent / "models.toml"
    models.write_text(MODELS.format(teacher=server.url, second=second.url))
    words = ("train", "acquisition", "corpus", "out")
    with running(*words, folder=corpus.parent, more={"PROPOUND_MODELS": str(models)}) as process:
        deadline = time.monotonic() + 60
        while len(server.requests) < 2:
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
    over.set()
    assert {path.name for path in (corpus.parent / "out").iterdir()} == {".lock", REQUESTS}
    found = run(corpus, server, second)
    assert "kept 1 of 6 candidates" in found.stdout
    assert len(server.requests) == 2 + 5, "the one under way at the kill, and those after it"


def test_cards_that_were_changed_are_left_alone(
    corpus: Path, server: ModelServer, second: ModelServer
) -> None:
    run(corpus, server, second)
    skill = corpus.parent / "out" / CARDS / "counting-twice" / "SKILL.md"
    skill.write_text(skill.read_text() + "\nMine.\n")
    found = run(corpus, server, second)
    assert found.returncode == 1
    assert "was changed since the last one (counting-twice/SKILL.md): move your cards" in found.stderr
    assert skill.read_text().endswith("Mine.\n")


def test_one_model_in_all_roles_is_no_second_one(corpus: Path, server: ModelServer) -> None:
    settings = {"PROPOUND_ENDPOINT_URL": server.url, "PROPOUND_ENDPOINT_MODEL": "t"}
    words = ("train", "acquisition", "corpus", "out", "--candidates", "1", "--pieces", "1", "--tokens", "10")
    found = propound(*words, folder=corpus.parent, **settings)
    assert "not rated: no other model than the teacher is a judge" in found.stdout
    assert "a.jsonl#2: not read: more than 1 pieces: --pieces takes more" in found.stdout
    assert "kept 1 of 1 candidates" in found.stdout
    more = propound(*words[:-4], "--tokens", "10", folder=corpus.parent, **settings)
    assert "not asked for 2: the budget of tokens is used up" in more.stdout
    assert len(server.requests) == 1


def test_what_a_corpus_says_cannot_move_a_terminal(
    corpus: Path, server: ModelServer, second: ModelServer
) -> None:
    (corpus / "\x1b[2J.md").write_text("short")
    server.usual = says(DOUBLE.model_copy(update={"intent": "\x1b]0;owned\x07"}).text())
    found = run(corpus, server, second)
    assert "\x1b" not in found.stdout + found.stderr
    assert "U+001B" in found.stdout


def test_the_loss_is_over_the_cards_tokens_alone(
    corpus: Path, server: ModelServer, second: ModelServer, tmp_path: Path
) -> None:
    """-E log pi(k | corpus): `propound train sft` on a line of the run."""
    run(corpus, server, second)
    (line,) = rows(corpus.parent / "out" / CONVERSATIONS)
    assert line["skill"] == "counting-twice"
    assert line["messages"][:2] == server.requests[4]["messages"]
    assert line["messages"][2] == {"role": "assistant", "content": DOUBLE.text()}
    trained = prepare(
        corpus.parent / "out" / CONVERSATIONS,
        tmp_path / "run",
        Settings(tokens=1, vocabulary=1_000, layers=1, held_out=0),
    )
    batch = pack(trained.data, [0])
    card = encode_turn(trained.tokenizer, DOUBLE.text())
    assert batch.targets.tolist() == card
    with torch.no_grad():
        loss, count = trained._loss([0])
        full = logits(trained.network, batch.ids, batch.lengths)
    assert count == len(card) < len(batch.ids)
    start = len(batch.ids) - len(card)
    start -= next(shift for shift in range(3) if batch.ids[start - shift :][: len(card)].tolist() == card)
    over_card = F.cross_entropy(full[start - 1 : start - 1 + count], torch.tensor(card), reduction="sum")
    assert float(loss) == pytest.approx(float(over_card), rel=5e-3)  # one of them in bfloat16


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["corpus", "out", "--tau", "2"], "--tau is from 0 to 1"),
        (["corpus", "out", "--candidates", "0"], "are at least 1"),
        (["corpus", "out", "--domain", "history"], "invalid choice"),
        (["corpus", "corpus/out"], "OUT lies in CORPUS"),
    ],
)
def test_wrong_use_is_told_in_words(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(words)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere", "out"], "nowhere is no folder"),
        (["corpus", "out", "--context", "2000"], "leaves no room for material"),
        (["corpus", "out", "--library", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_asked(
    corpus: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(corpus.parent)
    configured = config.Settings(endpoint_url=server.url, endpoint_model="t")
    monkeypatch.setattr("trainer.acquisition.__main__.settings", lambda: configured)
    with pytest.raises((PropoundError, ValueError), match=said):
        main(words)
    assert server.requests == []


def test_without_a_model_it_says_what_to_set(corpus: Path) -> None:
    found = propound("train", "acquisition", "corpus", "out", folder=corpus.parent)
    assert found.returncode == 1
    assert "PROPOUND_MODELS" in found.stderr
    assert os.listdir(corpus.parent) == ["corpus"]  # noqa: PTH208 - names are enough
