"""`propound verify calibrate`: what the committee of a job accepts of problems of which the truth is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from rich.progress import Progress

from propound.calibrating import Calibrator, TrialFile, Trials, wanted
from propound.cli.output import console, plain, table
from propound.config import settings
from propound.domain import Domain
from propound.episodes import open_runner
from propound.models.ledger_file import FileLedger
from propound.models.registry import record_in
from propound.skills.cards import default_cards
from propound.verification.calibration import ENOUGH, Rate, Rates, Trial
from propound.verification.canaries.canary import Fault

SOUND = "sound"
"""What a problem without a fault is called."""


def run(
    count: int,
    *,
    domains: Sequence[str],
    faults: Sequence[str],
    level: int,
    max_skills: int,
    in_flight: int,
    as_json: bool,
) -> None:
    """Try, keep, and print the rates of all that is known of the committee; one line of JSON last.

    Raises:
        PropoundError: no models are configured, a server is down, or this machine cannot isolate programs.
    """
    kinds = wanted(
        count,
        [None if name == SOUND else Fault(name) for name in faults],
        [Domain(name) for name in domains],
    )
    cards = {card.name: card for card in default_cards()}
    screen = console(to_error=True)
    with (
        _kept() as trials,
        closing(open_runner(settings(), threads=in_flight)) as runner,
        Progress(console=screen, disable=not screen.is_terminal) as progress,
    ):
        calibrator = Calibrator(runner, cards, level=level, maximum_skills=max_skills)
        task = progress.add_task("canaries", total=len(kinds))

        def advance(_: Trial) -> None:
            progress.advance(task)

        found = calibrator.run(kinds, trials, in_flight=in_flight, on_trial=advance)
    if not as_json:
        show(found)
    print(found.model_dump_json())


@contextmanager
def _kept() -> Iterator[Trials]:
    """Where trials and requests are kept: in a folder of this machine."""
    folder = settings().home / "calibration"
    record_in(FileLedger(folder / "requests.jsonl"))
    try:
        yield TrialFile(folder / "trials.jsonl")
    finally:
        record_in(None)


def show(found: Rates) -> None:
    """The rates as a table, and what the votes are worth."""
    screen = console()
    rows = [_row(SOUND, rate) for rate in found.true_accepts]
    rows += [_row(str(rate.fault or "any fault"), rate) for rate in found.false_accepts if _is_told(rate)]
    heads = ["canaries", "domain", "decided", "accepted", "share", "95 %", "undecided"]
    screen.print(table(heads, rows, title=f"committee {found.committee}"))
    screen.print(plain(f"not measured: fewer than {ENOUGH} decided"))
    if found.independence is not None:
        known = found.independence
        screen.print(
            plain(
                f"the votes of {known.members} members are worth {known.votes:.1f} independent ones: their errors "
                f"correlate by {known.correlation:.2f} in the mean"
            )
        )


def _is_told(rate: Rate) -> bool:
    return bool(rate.decided or rate.undecided) or rate.fault is None


def _row(name: str, rate: Rate) -> list[object]:
    low, high = rate.interval
    share = (
        f"{rate.share:.1%}" if rate.share is not None and rate.is_measured else "not measured"
    )
    return [
        name,
        rate.domain or "all",
        rate.decided,
        rate.accepted,
        share,
        f"{low:.1%}-{high:.1%}" if rate.decided else "",
        rate.undecided,
    ]
