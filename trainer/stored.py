"""Groups that workers made for jobs, as a source of a training run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from propound.episode import Episode
from propound.storage import groups
from propound.storage.session import Database


class StoredGroups:
    """Fresh groups from the database, each given to this run alone; a continued run gets its own again."""

    exhaustible = True
    """The run ends when nothing is left."""

    def __init__(
        self,
        database: Database,
        training_id: str,
        base_version: str,
        staleness: int,
        steps: Callable[[], int],
    ) -> None:
        """The base, which workers sample from, is too old after `staleness` steps; `steps` says how many are done."""
        self._database, self._training_id = database, training_id
        self._base_version, self._staleness, self._steps = base_version, staleness, steps
        self._given = 0

    def take(self, count: int, versions: Sequence[str]) -> list[list[Episode]]:
        """Up to `count` complete groups: own ones of before, then of these versions or of a young enough base."""
        allowed = list(versions)
        if self._steps() <= self._staleness:
            allowed.append(self._base_version)
        with self._database.begin() as session:
            taken = groups.claim(session, self._training_id, count, allowed, after=self._given)
        self._given += len(taken)
        return taken

    def skip(self, count: int) -> None:
        """Go past so many groups, which this run took before it was stopped."""
        self._given = count
