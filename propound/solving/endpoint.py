"""A solver behind an OpenAI-compatible server: reasons step by step, and ends with a program."""

from __future__ import annotations

from propound.policy.endpoint import Endpoint, RequestRefusedError
from propound.policy.endpoint.policy import SEEDS
from propound.record import digest
from propound.solving.program import program_of

PROMPT = """Solve the problem below. Reason step by step, then write one short Python program that computes the \
answer, in a block that begins with ```python and ends with ```. The program uses the standard library or sympy, \
reads no files, and prints the answer alone, with its unit if it has one. If the problem itself asks for a function \
or a program, the block holds that instead.

Problem:
{}"""
TEMPERATURE = 0.6
MAX_TOKENS = 4_096
"""Most tokens of an attempt, its reasoning included."""


class EndpointSolver:
    """The model that the endpoint serves; its attempts are as reproducible as the server makes them."""

    def __init__(
        self, endpoint: Endpoint, *, temperature: float = TEMPERATURE, max_tokens: int = MAX_TOKENS
    ) -> None:
        self.endpoint = endpoint
        self.temperature = temperature
        self.max_tokens = max_tokens
        self.name = endpoint.model
        self.version = f"{endpoint.model}@{digest([PROMPT, temperature, max_tokens])[:12]}"

    def write(self, statement: str, seed: int) -> str:
        """The program of the last block in the reply; empty where there is none, or the reply was cut off.

        Raises:
            ServiceDownError: the server is down; the episode is made again later.
        """
        try:
            reply = self.endpoint.ask(
                [{"role": "user", "content": PROMPT.format(statement)}],
                seed=seed % SEEDS,
                temperature=self.temperature,
                max_tokens=self.max_tokens,
            )
        except RequestRefusedError:
            return ""
        return program_of(reply.text) if reply.finish_reason == "stop" else ""

    def close(self) -> None:
        """Close the connections."""
        self.endpoint.close()
