"""A run over a corpus: what is sound is kept, what is not is told why, and a stopped run ends as an unstopped one."""

from __future__ import annotations

import json
import shutil
from itertools import islice
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from propound.policy.chat import encode_turn
from propound.skills import Library
from tests.cli.commands import propound
from tests.factories.networks import logits
from trainer.acquisition.run import CONVERSATIONS, DECISIONS, LIBRARY, Run, RunError, summary
from trainer.acquisition.score import Scorer
from trainer.acquisition.scripted import ScriptedTeacher
from trainer.batch import pack
from trainer.sft import Settings, prepare

pytestmark = pytest.mark.slow

CORPUS = Path(__file__).parent / "corpus"
KEPT = {
    "notes.txt#2": "number-all-patterns-lamps",
    "programs.jsonl#1": "tiles-for-floor",
    "programs.jsonl#4": "telescope",
    "sums.md#2": "seats-hall",
    "sums.md#3": "odd-numbers",
    "sums.md#6": "stadium-tiers",
}
NOT_KEPT = {
    "notes.txt#1": "no candidate: the solution gives 0 letters",
    "programs.jsonl#2": "no candidate: the solution gives 0 letters",
    "programs.jsonl#3": "no candidate: the number 1",
    "programs.jsonl#5": "the name open",
    "programs.jsonl#6": "no candidate: the program below Check. only calculates",
    "programs.jsonl#7": "not read: no JSON",
    "programs.jsonl#8": "not read: no JSON object",
    "programs.jsonl#9": "no candidate: it states no problem",
    "sums.md#1": "no candidate: it states no problem",
    "sums.md#4": "gives 348 for the worked example, not 350",
    "sums.md#5": "the methods differ",
    "sums.md#7": "r = 0.00 is below 0.4; nearest skill: seats-hall",
    "sums.md#8": "no candidate: the number 61",
    "sums.md#9": "no candidate: two letters have the same value",
}


def begin(out: Path, corpus: Path = CORPUS, *, pairs: bool = False) -> Run:
    return Run(corpus, out, ScriptedTeacher(), Scorer.open(pairs=pairs), threshold=0.4, samples=3)


def contents(out: Path) -> dict[str, str]:
    return {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole run."""
    out = tmp_path_factory.mktemp("acquired")
    list(begin(out).decide())
    return out


def test_sound_problems_become_skills_and_others_are_told_why(finished: Path) -> None:
    decisions = begin(finished).decisions
    assert {each.source: each.name for each in decisions if each.kept} == KEPT
    reasons = {each.source: each.reason for each in decisions if not each.kept}
    assert reasons.keys() == NOT_KEPT.keys()
    assert {source: reason for source, reason in reasons.items() if NOT_KEPT[source] not in reason} == {}
    assert summary(decisions) == {
        "samples": len(KEPT) + len(NOT_KEPT),
        "not_read": 2,
        "no_candidate": 8,
        "rejected": 4,
        "kept": len(KEPT),
    }
    assert all(0.4 <= each.total <= 1 for each in decisions if each.kept)


def test_kept_packages_are_a_library_that_proves_itself(finished: Path, tmp_path: Path) -> None:
    library = Library.load(finished / LIBRARY)
    assert sorted(library.packages) == sorted(KEPT.values())
    folders = [str(finished / LIBRARY / name) for name in sorted(KEPT.values())]
    validated = propound("skills", "validate", "--json", *folders, folder=tmp_path)
    assert json.loads(validated.stdout) == {folder: [] for folder in folders}


def test_lines_to_train_on_are_those_of_the_kept_skills(finished: Path) -> None:
    lines = [json.loads(line) for line in (finished / CONVERSATIONS).read_text().splitlines()]
    assert [line["skill"] for line in lines] == [KEPT[source] for source in KEPT]
    for line in lines:
        system, user, answer = line["messages"]
        assert (system["role"], user["role"], answer["role"]) == ("system", "user", "assistant")
        assert answer["content"].startswith(f"=== SKILL.md ===\n---\nname: {line['skill']}\n")
    assert "A hall has 12 rows" in lines[3]["messages"][1]["content"]


def test_the_loss_is_over_the_packages_tokens_alone(finished: Path, tmp_path: Path) -> None:
    """-E log pi(k | corpus): `propound train sft` on a line of the run."""
    data = tmp_path / CONVERSATIONS
    shutil.copy(finished / CONVERSATIONS, data)
    run = prepare(data, tmp_path / "out", Settings(tokens=1, vocabulary=1_000, layers=1, held_out=0))
    lines = [json.loads(line) for line in data.read_text().splitlines()]
    assert len(run.data) == len(lines)
    for index, line in enumerate(lines):
        batch = pack(run.data, [index])
        package = encode_turn(run.tokenizer, line["messages"][-1]["content"])
        assert batch.targets.tolist() == package
    assert 0 < len(batch.targets) < len(batch.ids)
    with torch.no_grad():
        loss, count = run._loss([index])
        full = logits(run.network, batch.ids, batch.lengths)
    assert count == len(package)
    start = len(batch.ids) - len(package)
    start -= next(
        shift for shift in range(3) if batch.ids[start - shift :][: len(package)].tolist() == package
    )
    over_package = F.cross_entropy(
        full[start - 1 : start - 1 + count], torch.tensor(package), reduction="sum"
    )
    assert float(loss) == pytest.approx(float(over_package), rel=5e-3)  # one of them in bfloat16


def test_a_stopped_run_ends_as_an_unstopped_one(finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert len(list(islice(begin(out).decide(), 9))) == 9
    with (out / DECISIONS).open("a") as lines:
        lines.write('{"source": "sums.md#')  # the line that was being written
    shutil.rmtree(out / LIBRARY / "telescope")  # what was still to be done
    (out / CONVERSATIONS).unlink()
    assert len(list(begin(out).decide())) == len(KEPT) + len(NOT_KEPT) - 9
    assert list(begin(out).decide()) == []
    assert contents(out) == contents(finished)


def test_a_folder_with_other_records_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / DECISIONS).write_text('{"a": 1}\n')
    with pytest.raises(RunError, match="no record of a run"):
        begin(tmp_path)


def test_the_command_proves_skills_in_pairs_too(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "odd.md").write_text((CORPUS / "sums.md").read_text().split("\n## ")[2])
    words = ("train", "acquisition", str(corpus), str(tmp_path / "out"))
    run = propound(*words, folder=tmp_path)
    assert run.stderr == ""
    assert "odd.md#1: kept" in run.stdout
    assert json.loads(run.stdout.splitlines()[-1])["kept"] == 1
    again = propound(*words, folder=tmp_path)
    assert again.stdout.splitlines() == run.stdout.splitlines()[-1:]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere", "out"], "is no folder"),
        (["corpus", "out", "--teacher", "model"], "PROPOUND_ENDPOINT_URL"),
        (["corpus", "out", "--teacher", "nobody"], "invalid choice"),
        (["corpus", "out", "--threshold", "2"], "--threshold is from 0 to 1"),
        (["corpus", "out", "--samples", "0"], "--samples at least 1"),
    ],
)
def test_wrong_use_is_told_in_words(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "corpus").mkdir()
    run = propound("train", "acquisition", *words, folder=tmp_path)
    assert run.returncode != 0
    assert said in run.stderr
    assert "Traceback" not in run.stderr
