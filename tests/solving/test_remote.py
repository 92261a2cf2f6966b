"""A solver behind a real server: what it is asked, what counts as its program, and what happens when it is away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from propound.config import Settings
from propound.errors import ServiceDownError
from propound.models.purpose import NOBODY, SEEDS, Purpose, Role
from propound.probing.opening import check_probers, open_probers
from propound.probing.prober import Prober
from propound.sandbox import Sandbox, open_sandbox
from propound.skills.library import compile_toolkit
from propound.solving.remote import RemoteSolver
from tests.factories import mathematics
from tests.factories.model_server import ModelServer, client_of, fails, model_server, says

PROBLEM = mathematics.problem(10)
"""Its answer is 55."""
PURPOSE = Purpose(origin=NOBODY, role=Role.PROBER)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    compile_toolkit()
    return open_sandbox()


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture
def solver(server: ModelServer) -> Iterator[RemoteSolver]:
    made = RemoteSolver(client_of(server.url, "large"))
    yield made
    made.close()


def test_a_problem_is_solved_by_reasoning_and_a_program(
    solver: RemoteSolver, server: ModelServer, sandbox: Sandbox
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


def test_a_refused_request_is_no_solution(solver: RemoteSolver, server: ModelServer) -> None:
    server.script.extend([says("hello"), fails(400, "context length exceeded")])
    assert [solver.write("a", 1, PURPOSE), solver.write("b", 2, PURPOSE)] == ["", ""]


def test_a_server_that_is_down_is_no_wrong_answer(
    solver: RemoteSolver, server: ModelServer, sandbox: Sandbox
) -> None:
    server.usual = fails(503)
    with pytest.raises(ServiceDownError):
        Prober(solver, sandbox, attempts=2).probe(PROBLEM)


def test_models_are_probers_by_name(server: ModelServer, sandbox: Sandbox) -> None:
    configured = Settings(probers="large", endpoint_url=server.url, endpoint_model="large")
    check_probers(configured)
    (prober,) = open_probers(configured, sandbox)
    assert prober.solver.name == "large"
    prober.solver.close()
    with pytest.raises(ValueError, match="PROPOUND_PROBERS: no solver 'large'"):
        check_probers(Settings(probers="large"))
    with pytest.raises(ValueError, match="twice"):
        check_probers(configured.model_copy(update={"probers": "large,large"}))


def test_the_roles_of_the_file_name_probers(server: ModelServer, sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    model = f'[[model]]\nname = "strong"\nserved = "large"\nurl = "{server.url}"\n[roles]\n'
    file.write_text(model + 'probers = ["novice", "strong"]')
    configured = Settings(models=file)
    check_probers(configured)
    probers = open_probers(configured, sandbox)
    assert [prober.solver.name for prober in probers][1] == "strong"
    for prober in probers:
        prober.solver.close()
    file.write_text(model + 'probers = ["strong", "no-such"]')
    with pytest.raises(ValueError, match=r"models.toml, roles.probers: no solver 'no-such'.*models are strong"):
        check_probers(configured)
