"""`propound verify`: a committee is calibrated, labelled problems and datasets are decided again without a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.responses import JSONResponse, Response

from propound.cli.verify import FaultName
from propound.verification.canaries.canary import Fault
from propound.verification.evidence import Evidence
from propound.verification.labelled import Label
from tests.cli.commands import propound
from tests.factories.model_server import completion, model_server
from tests.factories.trials import evidence, row

pytestmark = pytest.mark.slow

RIGHT, SCATTERED = evidence("42", "42", "42", "42"), evidence("1", "2", "3", "4")
MODELS = """
[[model]]
name = "first"
served = "First"
url = "{url}"
family = "a"

[[model]]
name = "second"
served = "Second"
url = "{url}"
family = "b"

[roles]
solvers = ["first", "second"]
"""


def test_faults_have_their_names() -> None:
    assert [each.value for each in FaultName] == ["sound", *Fault]


def export(folder: Path, *found: tuple[str, Evidence | None]) -> Path:
    """A file of rows, with the gold answer and the evidence of each."""
    file = folder / "rows.jsonl"
    rows: list[dict[str, Any]] = [
        {
            "id": f"prob_{number}",
            "domain": "mathematics",
            "answer": answer,
            "info": json.dumps(
                {"evidence": {"verification": told.model_dump(mode="json")} if told else {"votes": []}}
            ),
        }
        for number, (answer, told) in enumerate(found)
    ]
    file.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return file


def test_a_dataset_whose_verdicts_stand(tmp_path: Path) -> None:
    file = export(tmp_path, ("42", RIGHT), ("7", None))
    run = propound("verify", "replay", str(file), folder=tmp_path)
    assert run.returncode == 0, run.stderr
    assert (
        "2 rows, 1 verdicts given again, 0 of them differ; 1 rows hold no evidence of open mode" in run.stdout
    )
    assert json.loads(run.stdout.splitlines()[-1]) == {
        "rows": 2,
        "replayed": 1,
        "differing": 0,
        "by_verdict": {"accepted": 1},
        "differences": [],
    }


def test_a_verdict_that_differs_is_told_and_ends_with_1(tmp_path: Path) -> None:
    file = export(tmp_path, ("42", RIGHT), ("42", SCATTERED), ("43", RIGHT))
    run = propound("verify", "replay", str(file), "--json", folder=tmp_path)
    assert run.returncode == 1
    assert len(run.stdout.splitlines()) == 1
    found = json.loads(run.stdout)
    assert (found["replayed"], found["differing"]) == (3, 2)
    assert [(each["id"], each["again"]) for each in found["differences"]] == [
        ("prob_1", "unsolved"),
        ("prob_2", "other_answer"),
    ]


def test_a_file_that_is_no_export_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"id": "one"}\n')
    run = propound("verify", "replay", str(file), folder=tmp_path)
    assert run.returncode == 1
    assert "line 1 is no row of an export" in run.stderr


def test_labelled_problems_are_counted_last(tmp_path: Path) -> None:
    rows = [row(1, Label.RIGHT, RIGHT), row(2, Label.WRONG_ANSWER, RIGHT), row(3, Label.RIGHT, SCATTERED)]
    (tmp_path / "set.jsonl").write_text("".join(each.model_dump_json() + "\n" for each in rows))
    run = propound("verify", "labelled", str(tmp_path), folder=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "3 of 3 problems with recorded replies, 2 accepted; 1 of them wrong" in run.stdout
    found = json.loads(run.stdout.splitlines()[-1])
    assert {name: found[name] for name in ("n", "accepted", "wrong_accepted", "right_rejected")} == {
        "n": 3,
        "accepted": 2,
        "wrong_accepted": 1,
        "right_rejected": 1,
    }
    assert found["by_reason"] == {"unsolved": 1}
    run = propound("verify", "labelled", str(tmp_path / "nothing"), folder=tmp_path)
    assert run.returncode == 1
    assert "holds no labelled problems" in run.stderr


def wrong(_: dict[str, Any]) -> Response:
    """A solver that always comes to the same."""
    return JSONResponse(completion("```python\nprint(987654321)\n```"))


def test_a_committee_is_tried_and_what_was_tried_is_not_asked_again(tmp_path: Path) -> None:
    words = (
        "verify",
        "calibrate",
        "--n",
        "2",
        "--domain",
        "mathematics",
        "--fault",
        "printed",
        "--fault",
        "sound",
    )
    with model_server(wrong) as server:
        models = tmp_path / "models.toml"
        models.write_text(MODELS.format(url=server.url))
        first = propound(*words, folder=tmp_path, PROPOUND_MODELS=str(models))
        asked = len(server.requests)
        again = propound(*words, "--json", folder=tmp_path, PROPOUND_MODELS=str(models))
        assert len(server.requests) == asked > 0
    assert first.returncode == 0, first.stderr
    assert "not measured: fewer than 60 decided" in first.stdout
    found = json.loads(first.stdout.splitlines()[-1])
    assert found["trials"] == 4
    assert found["true_accepts"][0]["accepted"] == 0, "nobody solves them"
    assert found["false_accepts"][0]["decided"] == 2
    assert json.loads(again.stdout) == found


def test_without_models_it_says_what_is_missing(tmp_path: Path) -> None:
    run = propound("verify", "calibrate", "--n", "1", folder=tmp_path)
    assert run.returncode == 1
    assert "solvers" in run.stderr
