"""A teacher behind an OpenAI-compatible server. What it writes is untrusted, as everything from a model."""

from __future__ import annotations

from dataclasses import dataclass

from propound.policy.endpoint import Endpoint, RequestRefusedError
from propound.policy.endpoint.policy import seed_of
from trainer.acquisition.candidate import Candidate, CandidateError, read_candidate
from trainer.acquisition.corpus import Excerpt
from trainer.acquisition.prompt import teaching

MAX_TOKENS = 6_000
"""Longest reply, thoughts included."""
_THOUGHT = "</think>"


@dataclass(frozen=True)
class EndpointTeacher:
    """Samples candidates; the seed of a sample follows from the excerpt and the sample's number."""

    endpoint: Endpoint
    temperature: float = 0.7
    seed: int = 0
    varies: bool = True

    @property
    def name(self) -> str:
        """The model's name, as the server knows it."""
        return self.endpoint.model

    def extract(self, excerpt: Excerpt, sample: int) -> Candidate:
        """Ask for a package.

        Raises:
            CandidateError: the server refuses the excerpt, or the reply holds no package.
            ServiceDownError: nobody answers; ask again later.
        """
        try:
            reply = self.endpoint.ask(
                teaching(excerpt),
                seed=seed_of(str(self.seed), excerpt.digest, str(sample)),
                temperature=self.temperature,
                max_tokens=MAX_TOKENS,
            )
        except RequestRefusedError as error:
            raise CandidateError(str(error)) from None
        if reply.finish_reason != "stop":
            raise CandidateError(f"the reply ends by {reply.finish_reason[:20]!r}")
        return read_candidate(reply.text.rpartition(_THOUGHT)[2])
