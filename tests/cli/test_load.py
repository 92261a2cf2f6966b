"""The open loop counts what it should: every request, from when it was due."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.cli.load import open_loop, percentile


class Answers(BaseHTTPRequestHandler):
    """Every third request fails."""

    protocol_version = "HTTP/1.1"
    seen: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.seen.append(f"{self.path} {self.headers['Authorization']}")
        self.send_response(200 if len(self.seen) % 3 else 503)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    Answers.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/jobs/x"
        server.shutdown()
        thread.join()


def test_every_request_is_asked_and_counted(url: str) -> None:
    load = open_loop(url, "pp_k", rate=500, seconds=0.06, connections=3)

    assert Answers.seen == ["/v1/jobs/x Bearer pp_k"] * 30
    assert (load.requests, load.failures) == (30, 10)
    assert 0 < load.median <= load.p99 <= load.slowest
    assert 0 < load.answered_per_second <= 500


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([3.0], 0.5, 3.0),
        ([1.0, 2.0], 0.5, 1.0),
        ([4.0, 1.0, 3.0, 2.0], 0.99, 4.0),
        (list(range(1, 101)), 0.99, 99),
    ],
)
def test_percentiles_are_of_the_nearest_rank(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(0, 1))
def test_a_percentile_is_a_value_with_its_share_below(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
