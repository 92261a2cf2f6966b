"""A solver behind a real server: what it is asked, what counts as its program, and what happens when it is away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from propound.config import Settings
from propound.errors import ServiceDownError
from propound.policy.endpoint import Endpoint
from propound.policy.endpoint.endpoint import Persistence
from propound.policy.endpoint.policy import SEEDS
from propound.probing.opening import check_probers, open_probers
from propound.probing.prober import Prober
from propound.sandbox import Sandbox, open_sandbox
from propound.skills.library import compile_toolkit
from propound.solving.endpoint import EndpointSolver
from propound.solving.program import program_of
from tests.factories import mathematics
from tests.factories.openai_server import OpenAIServer, fails, openai_server, says

PROBLEM = mathematics.problem(10)
"""Its answer is 55."""


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    compile_toolkit()
    return open_sandbox()


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with openai_server() as server:
        yield server


@pytest.fixture
def solver(server: OpenAIServer) -> Iterator[EndpointSolver]:
    made = EndpointSolver(
        Endpoint(server.url, "large", persistence=Persistence(attempts=2, first_wait_s=0.01))
    )
    yield made
    made.close()


def test_a_problem_is_solved_by_reasoning_and_a_program(
    solver: EndpointSolver, server: OpenAIServer, sandbox: Sandbox
) -> None:
    server.usual = says("The sum is n(n+1)/2.\n```python\nprint(sum(range(11)))\n```\nThat is all.")
    server.script.extend(
        [says("The answer is 55."), says("```python\nprint(55)", finish="length"), says(None)]
    )
    probe = Prober(solver, sandbox).probe(PROBLEM)
    assert (probe.prober, probe.version, probe.solved) == ("large", solver.version, 13)
    assert len({request["seed"] for request in server.requests}) == 16
    for request in server.requests:
        assert 0 <= request["seed"] < SEEDS
        (message,) = request["messages"]
        assert message["role"] == "user"
        assert "Reason step by step" in message["content"]
        assert message["content"].endswith(f"Problem:\n{PROBLEM.statement}")


def test_a_refused_request_is_no_solution(solver: EndpointSolver, server: OpenAIServer) -> None:
    server.script.extend([says("hello"), fails(400, "context length exceeded")])
    assert [solver.write("a", 1), solver.write("b", 2)] == ["", ""]


def test_a_server_that_is_down_is_no_wrong_answer(
    solver: EndpointSolver, server: OpenAIServer, sandbox: Sandbox
) -> None:
    server.usual = fails(503)
    with pytest.raises(ServiceDownError):
        Prober(solver, sandbox, attempts=2).probe(PROBLEM)


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("", ""),
        ("no block", ""),
        ("```python\nprint(1)\n```", "print(1)"),
        ("```\nprint(1)\n```", "print(1)"),
        ("```python\nprint(1)\n```\nor rather\n```py\nx=2\nprint(x)\n```", "x=2\nprint(x)"),
        ("```python\nprint(1)", ""),
        ("```json\n{}\n```", ""),
    ],
)
def test_the_last_block_is_the_program(text: str, program: str) -> None:
    assert program_of(text) == program


def test_the_settings_name_the_endpoint(server: OpenAIServer, sandbox: Sandbox) -> None:
    configured = Settings(probers="endpoint", endpoint_url=server.url, endpoint_model="large")
    check_probers(configured)
    (prober,) = open_probers(configured, sandbox)
    assert prober.solver.name == "large"
    prober.solver.close()
    with pytest.raises(ValueError, match="PROPOUND_ENDPOINT_URL"):
        check_probers(Settings(probers="endpoint"))
    with pytest.raises(ValueError, match="twice"):
        check_probers(configured.model_copy(update={"probers": "endpoint,endpoint"}))
