"""Who proposes in a process of the worker: one policy for good, or whichever checkpoint is live."""

from __future__ import annotations

import logging
from collections.abc import Callable

from propound.config import Settings
from propound.policy import Policy
from propound.policy.checkpoint import Checkpoint, CheckpointError
from propound.policy.engine import EngineError
from propound.policy.opening import close_policy, language_policy, policy_of
from propound.policy.remote import RemotePolicy
from propound.policy.store import CheckpointStore
from propound.skills import Library
from propound.training import LIVE

_LOG = logging.getLogger(__name__)


class Proposer:
    """Holds the policy, and with `PROPOUND_POLICY=live` exchanges it between two shards.

    Between shards no episode of the process is under way, so the old engine is closed before the new one is opened: two
    may not fit the machine. Every trajectory is stamped with the version that it began and ended with.
    """

    def __init__(self, configured: Settings, library: Library) -> None:
        """Open the policy, unless it is the live one: that is opened by the first `renew`.

        Raises:
            CheckpointError: there is no such checkpoint, or it was changed.
            EngineError: the engine cannot run it.
            CatalogueError: a model is wanted, and none proposes.
        """
        self._configured = configured
        self._store = CheckpointStore.of(configured)
        self._follows = configured.policy == LIVE
        self._policy = None if self._follows else policy_of(configured, library)
        self._checkpoint: Checkpoint | None = None
        self._seen: list[str | None] = []
        """What was live when the policy was last looked at, in a list of one; empty: never."""

    @property
    def name(self) -> str:
        """Name of the policy; `live` before the first is opened."""
        return LIVE if self._policy is None else self._policy.name

    @property
    def version(self) -> str:
        """Version of the policy; empty before the first is opened."""
        return "" if self._policy is None else self._policy.version

    @property
    def policy(self) -> Policy:
        """The policy that new episodes begin with."""
        assert self._policy is not None, "renew comes before the first episode"
        return self._policy

    def renew(self, live_version: Callable[[], str | None]) -> None:
        """Open what is live, if it is another by now; never while an episode is under way.

        What cannot be opened here leaves the policy as it is: a checkpoint whose folder has not come yet is looked for
        again next time, one that the engine refuses is not.

        Raises:
            CheckpointError: there is no policy yet, and what is live cannot be found.
            EngineError: there is no policy yet, and the engine cannot run what is live.
        """
        if not self._follows:
            return
        wanted = live_version()
        if self._seen == [wanted]:
            return
        try:
            found = self._store.find(wanted)
        except CheckpointError as error:
            if self._policy is None:
                raise
            _LOG.error("the live checkpoint cannot be opened here, %s proposes on: %s", self.version, error)
            return
        self._exchange(found)
        self._seen = [wanted]

    def at_once(self, most: int) -> int:
        """Episodes to make at a time now: what the limit of the model's server allows at the moment, else `most`."""
        return self._policy.client.limit.allowed if isinstance(self._policy, RemotePolicy) else most

    def is_current(self, live_version: Callable[[], str | None]) -> bool:
        """Whether `renew` would leave the policy as it is."""
        return not self._follows or self._seen == [live_version()]

    def close(self) -> None:
        """Let go of the engine, if the policy has one."""
        close_policy(self._policy)

    def _exchange(self, found: Checkpoint) -> None:
        before = self._checkpoint
        if before is not None and before.version == found.version:
            return
        self.close()
        try:
            self._policy = language_policy(self._configured, found)
        except EngineError as error:
            if before is None:
                raise
            _LOG.error("the engine refuses the live checkpoint, %s proposes on: %s", before.version, error)
            self._policy = language_policy(self._configured, before)
            return
        self._checkpoint = found
        _LOG.info("%s %s proposes from now on", found.name, found.version)
