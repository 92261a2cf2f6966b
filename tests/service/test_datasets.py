"""Datasets, problems and trajectories over REST."""

from __future__ import annotations

import httpx
import pytest

from propound.storage.session import Database
from tests.service.filling import create, filled, work


def test_a_dataset_grows_with_its_job(client: httpx.Client, database: Database) -> None:
    made = create(database, count=12)
    empty = client.get(f"/v1/datasets/{made.dataset_id}").json()
    work(database, most_shards=1)
    partly = client.get(f"/v1/datasets/{made.dataset_id}").json()
    work(database)
    full = client.get(f"/v1/datasets/{made.dataset_id}").json()

    assert (empty["problems"], empty["complete"]) == (0, False)
    assert (partly["problems"], partly["complete"]) == (3, False)
    assert (full["problems"], full["complete"]) == (12, True)
    assert (full["object"], full["name"], full["job_id"]) == ("dataset", "made", made.job_id)
    assert client.get("/v1/datasets").json()["data"] == [full]


def test_problems_are_listed_in_order(client: httpx.Client, database: Database) -> None:
    made = filled(database, count=6)

    problems = client.get(f"/v1/datasets/{made.dataset_id}/problems").json()["data"]

    assert [problem["ordinal"] for problem in problems] == [1, 2, 3, 4, 5, 6]
    assert [problem["answer"] for problem in problems if problem["domain"] != "coding"] == [
        "7",
        "9",
        "12",
        "13",
    ]
    assert problems[0]["statement"] == "What is the number after 6?"
    assert problems[1]["answer_kind"] == "program"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"domain": "coding"}, {"coding"}),
        ({"skill": "kinetic-energy"}, {"science"}),
        ({"domain": "coding", "skill": "kinetic-energy"}, set()),
        ({"skill": "no-such-skill"}, set()),
    ],
)
def test_problems_are_filtered(
    client: httpx.Client, database: Database, query: dict[str, str], expected: set[str]
) -> None:
    made = filled(database, count=9)

    problems = client.get(f"/v1/datasets/{made.dataset_id}/problems", params=query).json()["data"]

    assert {problem["domain"] for problem in problems} == expected


def test_a_problem_shows_its_evidence(client: httpx.Client, database: Database) -> None:
    made = filled(database)
    listed = client.get(f"/v1/datasets/{made.dataset_id}/problems").json()["data"][0]

    problem = client.get(f"/v1/problems/{listed['id']}").json()

    assert {key: problem[key] for key in listed} == listed
    assert problem["record"]["composition"] == [{"skill": "modular-power", "parameters": {"n": 0}}]
    evidence = problem["evidence"]
    assert evidence["skills"] == {"modular-power": "0" * 64}
    assert (evidence["policy"], evidence["policy_version"], evidence["seed"]) == ("handmade", "1", 0)
    assert evidence["votes"][0]["rationale"] == "so it is"
    assert evidence["checks"] == [{"name": "reads back", "passed": True, "detail": ""}]


def test_a_trajectory_shows_every_step(client: httpx.Client, database: Database) -> None:
    made = filled(database)
    listed = client.get(f"/v1/datasets/{made.dataset_id}/problems").json()["data"][0]

    trajectory = client.get(f"/v1/trajectories/{listed['trajectory_id']}").json()

    assert (trajectory["object"], trajectory["job_id"]) == ("trajectory", made.job_id)
    assert (trajectory["verdict"], trajectory["decision"], trajectory["rejection"]) == ("accepted",) * 2 + (
        None,
    )
    assert trajectory["record"]["steps"][0]["text"] == "I think."
    assert trajectory["rewards"] == {"terminal": 1.0, "steps": [0.5], "pass_rate": None}
    evidence = client.get(f"/v1/problems/{listed['id']}").json()["evidence"]
    assert evidence["trajectory_digest"] == trajectory["digest"]


def test_whatever_a_model_wrote_comes_out_again(client: httpx.Client, database: Database) -> None:
    nasty = {"nul": "\x00", "half": "\ud800", "mark": "\ue000", "page": "</script>", "nan": float("nan")}
    made = filled(database, arguments=nasty)
    listed = client.get(f"/v1/datasets/{made.dataset_id}/problems").json()["data"][0]

    answer = client.get(f"/v1/trajectories/{listed['trajectory_id']}")

    assert answer.content.isascii()
    arguments = answer.json()["record"]["steps"][0]["action"]["arguments"]
    assert arguments == nasty | {"nan": None}
