"""A teacher behind a server. What it writes is untrusted, as everything from a model."""

from __future__ import annotations

from dataclasses import dataclass

from propound.models.client import Client, cut_off
from propound.models.errors import RequestError
from propound.models.purpose import NOBODY, Origin, Purpose, Role, seed_of
from trainer.acquisition.candidate import Candidate, CandidateError, read_candidate
from trainer.acquisition.corpus import Excerpt
from trainer.acquisition.prompt import teaching


@dataclass(frozen=True)
class RemoteTeacher:
    """Samples candidates; the seed of a sample follows from the excerpt and the sample's number."""

    client: Client
    temperature: float = 0.7
    seed: int = 0
    varies: bool = True
    origin: Origin = NOBODY

    @property
    def name(self) -> str:
        """Our name of the model."""
        return self.client.model.name

    def extract(self, excerpt: Excerpt, sample: int) -> Candidate:
        """Ask for a package.

        Raises:
            CandidateError: the server has no answer to the excerpt, or the reply holds no package.
            ServiceDownError: nobody answers; ask again later.
        """
        try:
            reply = self.client.ask(
                teaching(excerpt),
                purpose=Purpose(origin=self.origin, role=Role.TEACHER, attempt=sample, part=excerpt.digest[:12]),
                seed=seed_of(str(self.seed), excerpt.digest, str(sample)),
                temperature=self.temperature,
            )
        except RequestError as error:
            raise CandidateError(str(error)) from None
        if (reason := cut_off(reply)) is not None:
            raise CandidateError(reason)
        return read_candidate(reply.text)
