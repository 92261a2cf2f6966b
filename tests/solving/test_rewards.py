"""Rewards: each trainer's form gives the same scores, and no program runs outside of the sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from propound.problem import Problem
from propound.sandbox import SandboxUnavailable
from propound.solving import rewards
from propound.solving.reward_file import NAME, reward_file
from propound.storage.exports import export_row
from tests.factories import coding, mathematics, science

RIGHT_PROGRAM = "```python\ndef solve(items, label):\n    return [item + 1 for item in items]\n```"
WRONG_PROGRAM = "```python\ndef solve(items, label):\n    return [1, 2]\n```"
CASES = [
    (mathematics.problem(5), r"It is \boxed{15}.", 1.0),
    (mathematics.problem(5), r"It is \boxed{17}.", 0.0),
    (science.problem(4), r"\boxed{0.0161\ \text{kJ}}", 1.0),
    (science.problem(4), r"\boxed{16\ \text{N}}", 0.0),
    (coding.problem(), RIGHT_PROGRAM, 1.0),
    (coding.problem(), WRONG_PROGRAM, 0.0),
    (coding.problem(), r"\boxed{1}", 0.0),
]
ROWS = [export_row(problem, {}, 1, problem.content_digest()) for problem, _, _ in CASES]
REPLIES = [reply for _, reply, _ in CASES]
SCORES = [score for _, _, score in CASES]


def columns() -> dict[str, list[Any]]:
    return {name: [row[name] for row in ROWS] for name in ROWS[0]}


def verl(row: dict[str, Any], reply: str) -> float:
    return rewards.compute_score(row["data_source"], reply, row["reward_model"]["ground_truth"], row["extra_info"])


def test_all_forms_give_the_same_scores() -> None:
    messages = [[{"role": "user", "content": "?"}, {"role": "assistant", "content": reply}] for reply in REPLIES]
    parts = [[{"role": "assistant", "content": [{"type": "text", "text": reply}]}] for reply in REPLIES]
    for completions in (REPLIES, messages, parts):
        assert rewards.propound_reward(completions, prompts=REPLIES, **columns()) == SCORES
    assert [verl(row, reply) for row, reply in zip(ROWS, REPLIES, strict=True)] == SCORES
    for completion in (REPLIES, messages):
        given = zip(completion, ROWS, strict=True)
        found = [
            rewards.verifiers_reward(completion=each, answer=row["answer"], info=json.loads(row["info"]), state={})
            for each, row in given
        ]
        assert found == SCORES


@pytest.mark.parametrize("completion", [None, [], {}, [None], [{"role": "assistant", "content": None}], 7])
def test_what_is_no_reply_is_wrong(completion: Any) -> None:
    problem: Problem = mathematics.problem(5)
    row = export_row(problem, {}, 1, problem.content_digest())
    assert rewards.verifiers_reward(completion, row["answer"], row["info"]) == 0.0


@pytest.fixture
def _no_sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def unavailable(_: object) -> None:
        raise SandboxUnavailable("This machine cannot isolate untrusted programs.")

    monkeypatch.setattr(rewards, "open_sandbox", unavailable)
    rewards._sandbox.cache_clear()
    yield
    rewards._sandbox.cache_clear()


@pytest.mark.usefixtures("_no_sandbox")
def test_without_a_sandbox_programs_get_no_score_and_all_else_does(caplog: pytest.LogCaptureFixture) -> None:
    assert rewards.propound_reward(REPLIES, **columns()) == [*SCORES[:4], None, None, None]
    assert "cannot isolate" in caplog.text
    with pytest.raises(rewards.NoScoreError, match="cannot isolate"):
        verl(ROWS[4], RIGHT_PROGRAM)


def test_rows_of_others_are_not_ours_to_score() -> None:
    with pytest.raises(ModuleNotFoundError, match="verl"):
        rewards.compute_score("openai/gsm8k", "7", "7")


SCRIPT = """
import json, sys
sys.path.append(sys.argv[1])  # for installed packages, without what their .pth files would add
sys.path.insert(0, sys.argv[2])
import propound_reward, propound
given = json.loads(sys.stdin.read())
print(json.dumps([propound.__file__, propound_reward.propound_reward(given["replies"], **given["columns"])]))
"""


def test_the_file_scores_where_propound_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(reward_file())
    assert reward_file() == reward_file()
    packages = sysconfig.get_path("purelib")
    given = json.dumps({"replies": REPLIES, "columns": columns()})
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", SCRIPT, packages, str(tmp_path)],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    place, scores = json.loads(run.stdout)
    assert scores == SCORES
    assert not Path(place).is_relative_to(Path(rewards.__file__).parents[2])
    assert not Path(place).exists()


def test_the_file_says_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(reward_file())
    program = f"import sys; sys.path.append({str(tmp_path)!r}); import propound_reward"
    run = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    assert run.stderr.strip().endswith("ImportError: propound_reward needs: pip install pydantic sympy pint")
