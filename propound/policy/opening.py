"""A policy by its name: the scripted teacher, an endpoint, or a checkpoint - one that is bundled, or a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from propound.config import Settings, settings
from propound.policy.checkpoint import Checkpoint, CheckpointError, load_checkpoint
from propound.policy.endpoint import EndpointPolicy, endpoint_of
from propound.policy.engines import EngineKind, open_engine
from propound.policy.language import LanguagePolicy
from propound.policy.protocol import Policy
from propound.policy.store import DEFAULT
from propound.policy.teacher import Teacher
from propound.skills import Library
from propound.training import LIVE

SCRIPTED = "scripted"
ENDPOINT = "endpoint"


def policy_of(configured: Settings, library: Library) -> Policy:
    """The policy that the settings name; whoever is done with it closes the engine of a `LanguagePolicy`.

    Raises:
        CheckpointError: there is no such checkpoint, or it was changed.
        EngineError: the engine cannot run it.
        ValueError: an endpoint is wanted, and none is named.
    """
    if configured.policy == SCRIPTED:
        return Teacher(library)
    if configured.policy == ENDPOINT:
        return EndpointPolicy(endpoint_of(configured), temperature=configured.temperature)
    return language_policy(configured, load_checkpoint(configured.policy))


def language_policy(configured: Settings, checkpoint: Checkpoint) -> LanguagePolicy:
    """The checkpoint on the engine and at the temperature of the settings.

    Raises:
        EngineError: the engine cannot run it.
    """
    engine = open_engine(EngineKind(configured.engine), checkpoint.folder)
    return LanguagePolicy(
        engine, checkpoint.tokenizer(), checkpoint.name, checkpoint.version, configured.temperature
    )


def check_policy(configured: Settings) -> None:
    """See, without opening it, whether the policy that the settings name is there.

    Raises:
        ValueError: it is not.
    """
    if configured.policy == ENDPOINT:
        endpoint_of(configured)
    elif configured.policy != SCRIPTED:
        try:
            load_checkpoint(DEFAULT if configured.policy == LIVE else configured.policy)
        except CheckpointError as error:
            raise ValueError(f"PROPOUND_POLICY: {error}") from None


@contextmanager
def open_policy(name: str, library: Library, *, temperature: float) -> Iterator[Policy]:
    """The policy of that name, ready to write; its engine is closed at the end.

    Raises:
        CheckpointError: there is no such checkpoint, or it was changed.
        EngineError: the engine cannot run it.
        ValueError: an endpoint is wanted, and none is named.
    """
    policy = policy_of(settings().model_copy(update={"policy": name, "temperature": temperature}), library)
    try:
        yield policy
    finally:
        if isinstance(policy, LanguagePolicy):
            policy.engine.close()
