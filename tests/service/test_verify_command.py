"""`propound verify FILE.jsonl --server` against a running API; results are made here, without a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from redis import Redis

from propound.capabilities import Capabilities
from propound.cli.rows import Line
from propound.cli.rows_sent import MOST_ROWS, parts
from propound.config import Settings
from propound.queue import Publisher
from propound.storage import verifications
from propound.storage.session import Database
from propound.verification.open.row import Row, row_of
from propound.verification.open.rows import Result, RowVerdict
from tests.cli.commands import propound

ROWS = [
    {"question": "What is 6 times 7?", "answer": "42", "tolerance": 0.01, "answer_kind": "real"},
    "no json",
    {"id": "b", "question": "What is 8 times 9?", "answer": "74", "domain": "science"},
]


@pytest.fixture
def working(database: Database, server_settings: Settings, redis: Redis) -> Iterator[list[Row]]:
    """Somebody finds every answer but 42 wrong."""
    publisher = Publisher(str(server_settings.redis_url))
    publisher.appear("able:1", Capabilities(solvers=2), timedelta(minutes=5))
    over, seen = Event(), list[Row]()

    def work() -> None:
        while not over.wait(0.05):
            with database.begin() as session:
                for lease in verifications.claim(session, "w", timedelta(minutes=1), 8):
                    seen.append(lease.row)
                    right = lease.row.answer == "42"
                    verdict = RowVerdict.AGREES if right else RowVerdict.SUSPECTED_WRONG
                    told = Result(id=lease.row.id, line=lease.index, verdict=verdict, reason="as told")
                    verifications.finish(session, lease, told)

    thread = Thread(target=work)
    thread.start()
    yield seen
    over.set()
    thread.join()
    publisher.close()


def test_verdicts_come_back_under_the_lines_of_the_file(
    working: list[Row], api_url: str, make_key: Callable[..., str], tmp_path: Path
) -> None:
    text = "".join(row + "\n" if isinstance(row, str) else json.dumps(row) + "\n" for row in ROWS)
    (tmp_path / "rows.jsonl").write_text(text)
    words = ("verify", "rows.jsonl", "--server", "--json", "--out", "out.jsonl", "--url", api_url)
    run = propound(*words, folder=tmp_path, PROPOUND_API_KEY=make_key())
    assert run.returncode == 1, run.stderr
    assert json.loads(run.stdout)["by_verdict"]["unknown"] == 1
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(each["id"], each["line"], each["verdict"]) for each in found] == [
        ("line 1", 1, "agrees"),
        ("line 2", 2, "unknown"),
        ("b", 3, "suspected_wrong"),
    ]
    assert working == [row_of(row, number) for number, row in enumerate(ROWS, 1) if isinstance(row, dict)]


def test_many_rows_are_sent_in_parts() -> None:
    row = Row(id="a", question="What is 6 times 7?", answer="42")
    sent = list(parts([Line(number, row) for number in range(2 * MOST_ROWS + 1)]))
    assert [len(part.rows) for part in sent] == [MOST_ROWS, MOST_ROWS, 1]
    assert [part.lines[0].number for part in sent] == [0, MOST_ROWS, 2 * MOST_ROWS]
