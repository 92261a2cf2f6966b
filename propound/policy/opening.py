"""A policy by its name: the scripted teacher, the catalogue's proposer, or a checkpoint - bundled, or a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from propound.config import Settings, settings
from propound.models.configured import catalogue_of
from propound.models.registry import open_client, release_client
from propound.policy.checkpoint import Checkpoint, CheckpointError, load_checkpoint
from propound.policy.engines import EngineKind, open_engine
from propound.policy.language import LanguagePolicy
from propound.policy.names import MODEL, SCRIPTED
from propound.policy.protocol import Policy
from propound.policy.remote import RemotePolicy
from propound.policy.store import DEFAULT
from propound.policy.teacher import Teacher
from propound.skills import Library
from propound.training import LIVE


def policy_of(configured: Settings, library: Library) -> Policy:
    """The policy that the settings name; `close_policy` it when done.

    Raises:
        CatalogueError: a model is wanted, and none proposes.
        CheckpointError: there is no such checkpoint, or it was changed.
        EngineError: the engine cannot run it.
    """
    if configured.policy == SCRIPTED:
        return Teacher(library)
    if configured.policy == MODEL:
        client = open_client(catalogue_of(configured).proposer())
        return RemotePolicy(client, temperature=configured.temperature)
    return language_policy(configured, load_checkpoint(configured.policy))


def close_policy(policy: Policy | None) -> None:
    """Let go of the engine or the client that a policy has, if any."""
    if isinstance(policy, LanguagePolicy):
        policy.engine.close()
    elif isinstance(policy, RemotePolicy):
        release_client(policy.client)


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
    if configured.policy == MODEL:
        catalogue_of(configured).proposer()
    elif configured.policy != SCRIPTED:
        try:
            load_checkpoint(DEFAULT if configured.policy == LIVE else configured.policy)
        except CheckpointError as error:
            raise ValueError(f"PROPOUND_POLICY: {error}") from None


@contextmanager
def open_policy(name: str, library: Library, *, temperature: float) -> Iterator[Policy]:
    """The policy of that name, ready to write; closed at the end.

    Raises:
        CatalogueError: a model is wanted, and none proposes.
        CheckpointError: there is no such checkpoint, or it was changed.
        EngineError: the engine cannot run it.
    """
    policy = policy_of(settings().model_copy(update={"policy": name, "temperature": temperature}), library)
    try:
        yield policy
    finally:
        close_policy(policy)
