"""Groups that others have made, as a run takes them: one that cannot be read is refused, counted, and named in the log.

Imports no PyTorch: whoever starts a run knows its errors before anything heavy is loaded.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from propound.episode import Episode
from propound.errors import PropoundError

if TYPE_CHECKING:
    from trainer.experience import Group

SHOWN = 5
"""Most reasons that are told apart in a step's figures; the log has all."""

_LOG = logging.getLogger(__name__)


class UnreadableGroupsError(PropoundError):
    """A source gave groups, and not one of them can be read."""


class GroupSource(Protocol):
    """Where episodes come from that others have made."""

    exhaustible: bool
    """Whether the run ends when nothing is left; otherwise it makes its own in their place."""

    def take(self, count: int, versions: Sequence[str]) -> list[list[Episode]]:
        """Up to `count` complete groups of these policy versions, newest first, each given to this run alone.

        Fewer than that only where no more are left.
        """
        ...

    def skip(self, count: int) -> None:
        """Go past so many groups, which this run took before it was stopped; it may have refused some of them."""
        ...


@dataclass
class Taken:
    """What a step got from its source."""

    groups: list[Group] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Why each group was refused that is not among them."""

    @property
    def count(self) -> int:
        """All that the source gave."""
        return len(self.groups) + len(self.refused)

    def reasons(self, most: int = SHOWN) -> dict[str, int]:
        """The commonest reasons, and how many groups were refused for each."""
        return dict(Counter(self.refused).most_common(most))


def take(
    source: GroupSource,
    count: int,
    versions: Sequence[str],
    read: Callable[[Sequence[Episode]], Group],
    *,
    before: int,
) -> Taken:
    """`count` groups that `read` can read, or all that the source still has; `before` so many were taken.

    A refused group stays the run's, as those do that it learns from: nobody is given it again, and a run that goes on
    refuses the same ones.
    """
    taken = Taken()
    while (missing := count - len(taken.groups)) > 0:
        given = source.take(missing, versions)
        for episodes in given:
            try:
                taken.groups.append(read(episodes))
            except PropoundError as error:
                _LOG.warning("group %s of the source is refused: %s", before + taken.count + 1, error)
                taken.refused.append(str(error))
        if len(given) < missing:
            break
    return taken
