"""One try at a statement by a model that sees nothing else: it writes a program, and what that prints is its answer.

For verification of open mode. Nothing that a model or its program does raises; what gave no answer says why.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from propound.answers import AnswerKind
from propound.answers.limits import MAX_ANSWER
from propound.domain import Domain
from propound.models.catalogue import Catalogue, Model
from propound.models.client import Client, cut_off
from propound.models.errors import RequestError
from propound.models.marks import Marks
from propound.models.purpose import Purpose, Role, seed_of
from propound.models.registry import open_client, release_client
from propound.problem import MAX_PROGRAM, Coding
from propound.record import Record, digest
from propound.sandbox import Sandbox
from propound.solving.asking import (
    MAX_MISSING,
    Asking,
    prompt,
    prompt_apart,
    prompt_version,
    well_posed,
    without_said,
)
from propound.solving.outputs import FailedError, printed
from propound.solving.printed import NoValueError, value_in
from propound.solving.program import program_of
from propound.solving.source import Source, UnreadableSourceError
from propound.solving.vector import MAX_SHOWN, vector_of

TEMPERATURE = 0.7
"""Of an attempt's sampling: attempts of one model are to differ."""
APART_TOKENS = 200
"""Budget of an answer that is asked for well-posedness alone."""
MAX_FAILURE = 300


class Attempt(Record):
    """What came of one try."""

    solver: str
    """The model, by our name."""
    family: str | None = None
    """Models of one family err together; None: nobody said."""
    version: str
    """Changes with everything that attempts depend on, but for statement, number and seed."""
    number: int = Field(ge=0)
    """Of this solver's attempts at the statement, from 0."""
    well_posed: bool | None = None
    """What the solver says of the statement; None where it was not asked, or did not say."""
    missing: str = Field(default="", max_length=MAX_MISSING)
    """In its own words, for people."""
    program: str = Field(default="", max_length=MAX_PROGRAM)
    answer: str | None = Field(default=None, max_length=MAX_ANSWER)
    """What the program prints; for coding the name of its outputs. None: no answer."""
    difference: str = Field(default="", max_length=MAX_SHOWN)
    """For coding: the first input on which it differs from the reference, for people."""
    failure: str | None = Field(default=None, max_length=MAX_FAILURE)
    """Why there is no answer."""
    prompt: str
    """Digest of what was asked."""


@dataclass(frozen=True)
class Task:
    """What is to be solved: all that a solver's program is asked for, and run on."""

    statement: str
    domain: Domain
    kind: AnswerKind | None = None
    """Of the answer, where one is asked for: how what a program prints is read."""
    unit: str = ""
    """That the statement asks for; a number that a program prints bare is in it."""
    coding: Coding | None = None
    """For coding: its inputs, and the outputs of the reference. A solver is told the mode alone."""


class Solving:
    """A model with a sandbox for what it writes; safe to use from many threads at once."""

    def __init__(
        self,
        client: Client,
        sandbox: Sandbox,
        *,
        temperature: float = TEMPERATURE,
        max_tokens: int | None = None,
    ) -> None:
        """`max_tokens` is the budget of an answer, if not the model's own. `close` releases the client."""
        self.client = client
        self.sandbox = sandbox
        self.temperature = temperature
        self.max_tokens = max_tokens

    @property
    def model(self) -> Model:
        """Who solves."""
        return self.client.model

    @property
    def name(self) -> str:
        """Ours of the model."""
        return self.model.name

    def version(self, asking: Asking) -> str:
        """Identity of whatever its attempts depend on, but for statement, number and seed."""
        told = digest([prompt_version(asking), self.temperature, self.max_tokens, self.model.fingerprint])
        return f"{self.model.served or self.name}@{told[:12]}"

    def attempt(
        self, task: Task, number: int, purpose: Purpose, *, asking: Asking = Asking.NOT, seed: int = 0
    ) -> Attempt:
        """The attempt of that number: equal arguments get an equal one, and the ledger is asked before the model.

        Of `purpose`, origin and member count.

        Raises:
            SandboxFailedError: the sandbox itself failed; nothing can be said about the program.
            ServiceDownError: the model's server is down.
        """
        marks = Marks(self.client.ledger.secret)
        mode = task.coding.mode if task.coding else None
        asked = prompt(task.statement, task.domain, marks, asking=asking, coding=mode)
        of_solver = purpose.model_copy(update={"role": Role.SOLVER, "attempt": number, "part": ""})
        drawn = seed_of(str(seed), task.statement, str(number))
        found: dict[str, Any] = {}
        if asking is Asking.APART:
            apart = of_solver.model_copy(update={"part": "well posed"})
            with suppress(_NoReplyError):
                said = self._ask(prompt_apart(task.statement, task.domain, marks), apart, drawn, APART_TOKENS)
                found["well_posed"], found["missing"] = well_posed(said)
        try:
            said = self._ask(asked, of_solver, drawn, self.max_tokens)
        except _NoReplyError as error:
            found["failure"] = str(error)[:MAX_FAILURE]
        else:
            if asking is Asking.FIRST:
                found["well_posed"], found["missing"] = well_posed(said)
                said = without_said(said)
            found |= self._run(said, task)
        return Attempt(
            solver=self.name,
            family=self.model.family,
            version=self.version(asking),
            number=number,
            prompt=digest([prompt_version(asking), mode, task.domain, task.statement])[:24],
            **found,
        )

    def close(self) -> None:
        """Let go of the client."""
        release_client(self.client)

    def _ask(self, text: str, purpose: Purpose, seed: int, max_tokens: int | None) -> str:
        """The model's whole reply, as text that can be kept.

        Raises:
            _NoReplyError: there is none.
            ServiceDownError: the model's server is down.
        """
        try:
            reply = self.client.ask(
                [{"role": "user", "content": text}],
                purpose=purpose,
                seed=seed,
                temperature=self.temperature,
                max_tokens=max_tokens,
            )
        except RequestError as error:
            raise _NoReplyError(f"the request failed: {_kept(str(error))}") from None
        if (cut := cut_off(reply)) is not None:
            raise _NoReplyError(_kept(cut))
        return _kept(reply.text)

    def _run(self, reply: str, task: Task) -> dict[str, Any]:
        """What the program in a reply comes to: fields of the attempt."""
        program = program_of(reply)
        if not program.strip():
            return {"failure": "there is no program in the reply"}
        if len(program) > MAX_PROGRAM:
            return {"failure": f"a program of more than {MAX_PROGRAM} characters"}
        if task.coding is None and (drawn := _chance(program)):
            return {"program": program, "failure": f"the program uses {drawn}: chance is no derivation"}
        try:
            if task.coding is not None:
                vector = vector_of(program, task.coding, self.sandbox)
                return {"program": program, "answer": vector.name, "difference": vector.difference}
            said = _kept(printed(program, self.sandbox))
            return {"program": program, "answer": value_in(said, task.kind, task.unit)}
        except (FailedError, NoValueError) as failure:
            return {"program": program, "failure": _kept(str(failure))[:MAX_FAILURE]}


class _NoReplyError(Exception):
    """A model said nothing that counts; the message says why."""


def _chance(program: str) -> str:
    """What the program draws at random by, or reads the clock; empty also where it is no Python, which its run says."""
    try:
        return Source(program).chance()
    except UnreadableSourceError:
        return ""


def _kept(text: str) -> str:
    """As JSON and PostgreSQL can hold it."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")


def open_solvers(catalogue: Catalogue, sandbox: Sandbox) -> tuple[Solving, ...]:
    """All models that solve, in their order; each has to be closed.

    Raises:
        CatalogueError: a model has no place.
        ModelDownError: a model of this machine does not start.
    """
    return tuple(Solving(open_client(model), sandbox) for model in catalogue.solving_models())
