"""A solver behind a server: a model of the catalogue that reasons step by step, and ends with a program."""

from __future__ import annotations

from propound.models.catalogue import Model
from propound.models.client import Client
from propound.models.errors import RequestError
from propound.models.purpose import Purpose
from propound.models.registry import release_client
from propound.record import digest
from propound.solving.program import program_of

PROMPT = """Solve the problem below. Reason step by step, then write one short Python program that computes the \
answer, in a block that begins with ```python and ends with ```. The program uses the standard library or sympy, \
reads no files, and prints the answer alone, with its unit if it has one. If the problem itself asks for a function \
or a program, the block holds that instead.

Problem:
{}"""
TEMPERATURE = 0.6


class RemoteSolver:
    """A model that has a server; its attempts are as reproducible as the server makes them."""

    def __init__(self, client: Client, *, temperature: float = TEMPERATURE) -> None:
        """`client` is released when the solver is closed."""
        self.client = client
        self.temperature = temperature
        self.name = client.model.name
        self.version = remote_version(client.model, temperature)

    def write(self, statement: str, seed: int, purpose: Purpose) -> str:
        """The last program in the reply; empty where there is none, or the reply was cut off.

        Raises:
            ServiceDownError: the server is down; the episode is made again later.
        """
        try:
            reply = self.client.ask(
                [{"role": "user", "content": PROMPT.format(statement)}],
                purpose=purpose,
                seed=seed,
                temperature=self.temperature,
            )
        except RequestError:
            return ""
        return program_of(reply.text) if reply.finish_reason.is_whole else ""

    def close(self) -> None:
        """Let go of the client."""
        release_client(self.client)


def remote_version(model: Model, temperature: float = TEMPERATURE) -> str:
    """The version of the model as a solver: changes with everything that its attempts depend on."""
    return f"{model.served}@{digest([PROMPT, temperature, model.fingerprint])[:12]}"
