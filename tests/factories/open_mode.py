"""Open mode with a scripted model server: who proposes, who solves, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi.responses import JSONResponse, Response

from propound.domain import Domain
from propound.episode import Episode
from propound.episodes import EpisodeRunner
from propound.models.purpose import Origin
from propound.policy.remote import RemotePolicy
from propound.problem import ProblemSpec, Terms
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.solving.attempt import Solving
from propound.trajectory import ActionKind
from propound.transcript import write_call
from tests.factories.cards import card
from tests.factories.model_server import ModelServer, client_of, completion, model_server

STATEMENT = (
    "A mill grinds 340 sacks in its first week and 15 sacks more in each week that follows. "
    "How many sacks does it grind in its first 12 weeks together?"
)
PROGRAM = "total = sum(340 + 15 * week for week in range(12))\nprint(total)"
ANSWER = "5070"
SUBMIT = write_call(ActionKind.SUBMIT, {})


def draft(
    statement: str = STATEMENT, program: str = PROGRAM, answer: str | None = ANSWER, more: str = ""
) -> str:
    """A turn with a draft."""
    said = f"<statement>\n{statement}\n</statement>\n```python\n{program}\n```\n"
    return said + (f"<answer>{answer}</answer>\n" if answer else "") + more


def solution(program: str = PROGRAM) -> str:
    """What a solver replies."""
    return f"The program:\n```python\n{program}\n```"


def spec(seed: int = 3, **terms: Any) -> ProblemSpec:
    """One skill of mathematics, with another one to swap in."""
    cards = (
        card("arithmetic-sums"),
        card("equal-shares", body="Deal a whole out.", scripts={"deal.py": "x = 1"}),
    )
    return ProblemSpec(
        domain=Domain.MATHEMATICS,
        skills=("arithmetic-sums",),
        alternates=("equal-shares",),
        minimum_skills=1,
        maximum_skills=2,
        seed=seed,
        open=Terms(cards=cards, **terms),
    )


@dataclass
class Company:
    """A server that is proposer and solvers at once: turns for one, replies by family for the others."""

    server: ModelServer
    turns: list[str] = field(default_factory=list)
    solves: Mapping[str, Callable[[int], str]] = field(default_factory=dict)
    """By served name: what the attempt of that number replies."""
    finish: Mapping[int, str] = field(default_factory=dict)
    """Why a turn ended, where it did not end well."""
    reads: Callable[[str], str] | None = None
    """What all solvers reply to what they are told, in place of `solves`."""
    attempts: dict[str, int] = field(default_factory=dict)
    proposed: int = 0

    def answer(self, body: dict[str, Any]) -> Response:
        """A reply, by who is asked."""
        name = body["model"]
        with self.server.lock:
            if name == "proposer":
                number, self.proposed = self.proposed, self.proposed + 1
            else:
                number = self.attempts.get(name, 0)
                self.attempts[name] = number + 1
        if name == "proposer":
            text = self.turns[min(number, len(self.turns) - 1)]
            return JSONResponse(completion(text, finish=self.finish.get(number, "stop"), usage=(400, 100)))
        told = " ".join(str(message["content"]) for message in body["messages"])
        said = self.reads(told) if self.reads else self.solves[name](number)
        return JSONResponse(completion(said, usage=(200, 50)))


@contextmanager
def company(
    turns: Sequence[str], solves: Mapping[str, Callable[[int], str]] | None = None
) -> Iterator[tuple[Company, EpisodeRunner]]:
    """Company and a runner that asks it; each solver is a family of its own."""
    with model_server() as server:
        there = Company(
            server, list(turns), solves or {"one": lambda _: solution(), "two": lambda _: solution()}
        )
        server.usual = there.answer
        clients = [client_of(server.url, name, family=name) for name in ("proposer", *there.solves)]
        sandbox = open_sandbox()
        runner = EpisodeRunner(
            default_library(),
            sandbox,
            RemotePolicy(clients[0]),
            max_steps=8,
            solvers=tuple(Solving(client, sandbox) for client in clients[1:]),
        )
        try:
            yield there, runner
        finally:
            for client in clients:
                client.close()


def run(
    turns: Sequence[str], solves: Mapping[str, Callable[[int], str]] | None = None, **terms: Any
) -> Episode:
    """One episode."""
    with company(turns, solves) as (_, runner):
        return runner.run(spec(**terms), 0, Origin(command="test"))
