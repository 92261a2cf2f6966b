"""Groups that others have made: a file of episodes, for a machine without a server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from propound.episode import Episode
from propound.record import digest
from trainer.batch import DataError


class FileSource:
    """The groups of a JSONL file, each once, in the order of the file; any policy version is taken."""

    exhaustible = True

    def __init__(self, path: Path) -> None:
        """Read `{"episodes": [...]}` lines, or lines of single episodes, which are grouped by spec.

        Raises:
            DataError: a line is neither.
        """
        self.groups = read_groups(path)
        self.given = 0

    def take(self, count: int, versions: Sequence[str]) -> list[list[Episode]]:  # noqa: ARG002  # as GroupSource
        """The next groups of the file."""
        taken = self.groups[self.given : self.given + count]
        self.given += len(taken)
        return taken

    def skip(self, count: int) -> None:
        """Go past groups that a run took before it was stopped."""
        self.given = min(len(self.groups), count)


def read_groups(path: Path) -> list[list[Episode]]:
    """The groups of a file, in the order in which they begin.

    Raises:
        DataError: a line is neither a group nor an episode.
    """
    groups: dict[str, list[Episode]] = {}
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                found = json.loads(line)
                episodes = found.get("episodes", [found])
                for each in episodes:
                    episode = Episode.model_validate_json(json.dumps(each))
                    trajectory = episode.trajectory
                    key = digest([trajectory.spec.model_dump(mode="json"), trajectory.policy_version])
                    groups.setdefault(key, []).append(episode)
            except (ValueError, TypeError, AttributeError, ValidationError) as error:
                raise DataError(f"{path}, line {number}: no episode: {str(error)[:200]}") from None
    if not groups:
        raise DataError(f"{path} holds no episode")
    return list(groups.values())


def write_groups(path: Path, groups: Iterable[Sequence[Episode]]) -> None:
    """Write a file for `read_groups`."""
    with path.open("w", encoding="utf-8") as out:
        for group in groups:
            out.write(
                json.dumps({"episodes": [each.model_dump(mode="json") for each in group]}, ensure_ascii=False)
                + "\n"
            )
