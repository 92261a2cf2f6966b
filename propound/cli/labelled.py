"""`propound verify labelled`: what the rules make of problems of which people have worked out the truth."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from propound.cli.output import console, plain, table
from propound.statistics import bound, wilson
from propound.verification.labelled import Labelled, read_labelled
from propound.verification.replay import Tally, tally

HERE = Path(__file__).resolve().parents[2] / "tests" / "labelled"
"""The set of a checkout; an installed package has none."""


def run(folder: Path | None, *, as_json: bool) -> None:
    """Give the verdicts, and print what is wrong with them; one line of JSON last.

    Raises:
        LabelledError: there is no such set.
    """
    rows = read_labelled(folder or HERE)
    found = tally(rows)
    if not as_json:
        show(rows, found)
    print(found.model_dump_json())


def show(rows: tuple[Labelled, ...], found: Tally) -> None:
    """The figures as tables."""
    screen = console()
    by_label = Counter(row.label.value for row in rows if row.evidence is not None)
    accepted = Counter(found.accepted_by_label)
    lines = [(label, count, accepted[label]) for label, count in by_label.most_common()]
    screen.print(table(["label", "problems", "accepted"], lines))
    screen.print(table(["reason of rejection", "problems"], list(found.by_reason.items())))
    said = [f"{found.n} of {len(rows)} problems with recorded replies, {found.accepted} accepted"]
    if found.accepted:
        low, high = wilson(found.accepted, found.wrong_accepted)
        high = high if found.wrong_accepted else max(high, bound(found.accepted))
        said.append(f"{found.wrong_accepted} of them wrong ({low:.1%} to {high:.1%} at 95 %)")
    said.append(f"{found.right_rejected} right ones rejected")
    screen.print(plain("; ".join(said)))
