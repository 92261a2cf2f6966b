"""How far the verification of open mode can be trusted: rates of false and true accepts on canaries, with intervals.

Trials of one committee - equal models, prompts and rules - are pooled, wherever they were made. Too few of a kind say
nothing, and are reported as not measured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from pydantic import Field

from propound.answers import Agreement
from propound.domain import Domain
from propound.record import Record, digest
from propound.statistics import bound, correlation, effective_votes, wilson
from propound.verification.canaries.canary import Canary, Fault
from propound.verification.committee import Standard
from propound.verification.evidence import Evidence, Standing
from propound.verification.verdict import Verdict
from propound.verification.vote import WITHOUT_VERDICT, Rejection

ENOUGH = 60
"""Decided trials of a kind from which its rate counts as measured: 0 wrong in so many bound it at 5 %."""
SHARED = 20
"""Trials that two members must both have, for their errors to be compared."""


class Committee(Record):
    """Who verifies: all that verdicts depend on besides the submission."""

    solvers: tuple[str, ...]
    """Versions: models, prompts and decoding."""
    judges: tuple[str, ...]
    auditor: str | None
    standing: Standing

    @property
    def id(self) -> str:
        """Equal for equal committees, on every machine."""
        return digest(self.model_dump(mode="json"))[:16]


class Trial(Record):
    """What a committee made of one canary."""

    canary: str
    """Its identity."""
    fault: Fault | None
    style: str
    domain: Domain
    committee: str
    """The committee's identity."""
    accepted: bool
    rejection: Rejection | None
    errors: dict[str, bool] = Field(default_factory=dict)
    """Whether a member erred, by member; those who said nothing are not there."""

    @property
    def is_decided(self) -> bool:
        """Whether there is a verdict: where a server or the sandbox failed, nothing is known."""
        return self.accepted or self.rejection not in WITHOUT_VERDICT

    @classmethod
    def of(cls, canary: Canary, verdict: Verdict, committee: Committee) -> Trial:
        """The trial with that verdict."""
        return cls(
            canary=canary.id,
            fault=canary.fault,
            style=canary.style,
            domain=canary.domain,
            committee=committee.id,
            accepted=verdict.accepted,
            rejection=verdict.rejection,
            errors=errors(canary, verdict.evidence) if verdict.evidence else {},
        )


def errors(canary: Canary, evidence: Evidence) -> dict[str, bool]:
    """Whether each member erred on a canary: an attempt by its answer, a judge by its vote.

    An attempt should come to the claimed answer where that is the right one, and to another where it is not. A judge
    should find a sound problem valid, and no other. Where the right answer is not known, attempts are left out.
    """
    found: dict[str, bool] = {}
    right = _claim_is_right(canary, evidence.standard)
    if right is not None:
        for attempt in evidence.attempts or ():
            if attempt.answer is not None:
                agreement = evidence.standard.compare(attempt.answer).result
                if agreement is not Agreement.UNDECIDED:
                    name = f"{attempt.version} {attempt.number + 1}"
                    found[name] = (agreement is Agreement.EQUAL) is not right
    for vote in evidence.votes or ():
        if vote.abstention is None:
            found[vote.verifier] = vote.valid is not canary.is_sound
    return found


_WRONG_CLAIM = frozenset(
    {Fault.WRONG_ANSWER, Fault.CHANGED_NUMBER, Fault.DROPPED_CONDITION, Fault.TWO_READINGS}
)
"""Faults because of which the claimed answer is not the answer to the statement."""
_RIGHT_CLAIM = frozenset({None, Fault.PRINTED, Fault.GIVEN_AWAY, Fault.FOREIGN})
"""Faults that leave the claimed answer right."""


def _claim_is_right(canary: Canary, standard: Standard) -> bool | None:
    if canary.fault in _RIGHT_CLAIM:
        return canary.fault is not Fault.PRINTED or canary.coding is None
    if canary.fault in _WRONG_CLAIM:
        return False
    if canary.truth is None or canary.coding is not None:
        return None
    return standard.compare(canary.truth).result is Agreement.EQUAL


class Rate(Record):
    """How often something was accepted."""

    fault: Fault | None = None
    """None: sound problems, or, in `Rates.false_accepts`, all faults together."""
    domain: Domain | None = None
    """None: all domains together."""
    decided: int
    accepted: int
    undecided: int = 0
    """Trials without a verdict; they count on neither side."""

    @property
    def is_measured(self) -> bool:
        """Whether there are enough to say it."""
        return self.decided >= ENOUGH

    @property
    def share(self) -> float | None:
        """Of the decided ones; None where there are none."""
        return self.accepted / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's at 95 %; where nothing was accepted, its upper end is at least 3/n."""
        if not self.decided:
            return 0.0, 1.0
        low, high = wilson(self.decided, self.accepted)
        return low, high if self.accepted else max(high, bound(self.decided))


class Independence(Record):
    """What the votes of a committee are worth."""

    members: int
    """Those whose errors could be compared with those of others."""
    correlation: float
    """Mean of phi over all pairs with enough trials in common, in which both err at times."""
    votes: float
    """n / (1 + (n - 1) rho): so many independent ones."""


class Rates(Record):
    """What is known of a committee."""

    committee: str
    trials: int
    true_accepts: tuple[Rate, ...]
    """Of sound problems: for all domains, then for each."""
    false_accepts: tuple[Rate, ...]
    """Of all faults for all domains, then for each; then of each fault, likewise."""
    independence: Independence | None
    """None where too little is known of it."""

    @property
    def of_sound(self) -> Rate:
        """True accepts over all domains."""
        return self.true_accepts[0]

    @property
    def of_faults(self) -> Rate:
        """False accepts over all faults and domains."""
        return self.false_accepts[0]


def rates(trials: Iterable[Trial], committee: str) -> Rates:
    """The rates of one committee; trials of others are left out, and of one canary the first counts."""
    kept: dict[str, Trial] = {}
    for trial in trials:
        if trial.committee == committee:
            kept.setdefault(trial.canary, trial)
    found = list(kept.values())
    sound = [trial for trial in found if trial.fault is None]
    flawed = [trial for trial in found if trial.fault is not None]
    false = _by_domain(flawed, None)
    for fault in Fault:
        false += _by_domain([trial for trial in flawed if trial.fault is fault], fault)
    return Rates(
        committee=committee,
        trials=len(found),
        true_accepts=tuple(_by_domain(sound, None)),
        false_accepts=tuple(false),
        independence=independence([trial.errors for trial in found]),
    )


def _by_domain(trials: Sequence[Trial], fault: Fault | None) -> list[Rate]:
    """The rate over all domains, then that of each domain that occurs."""
    domains = [None, *sorted({trial.domain for trial in trials})]
    return [
        _rate([trial for trial in trials if domain in (None, trial.domain)], fault, domain)
        for domain in domains
    ]


def _rate(trials: Sequence[Trial], fault: Fault | None, domain: Domain | None) -> Rate:
    decided = [trial for trial in trials if trial.is_decided]
    return Rate(
        fault=fault,
        domain=domain,
        decided=len(decided),
        accepted=sum(trial.accepted for trial in decided),
        undecided=len(trials) - len(decided),
    )


def independence(errors: Sequence[Mapping[str, bool]]) -> Independence | None:
    """What votes are worth, from who erred on which problem; None where no two members can be compared.

    Attempts that end early, and judges that are asked only about what attempts accept, are missing on easy or hard
    problems more than on others; recorded without early stopping, the figure is without that bias.
    """
    together: dict[tuple[str, str], list[tuple[bool, bool]]] = defaultdict(list)
    for found in errors:
        for one, other in combinations(sorted(found), 2):
            together[one, other].append((found[one], found[other]))
    known = {
        pair: rho
        for pair, cases in together.items()
        if len(cases) >= SHARED and (rho := correlation(cases)) is not None
    }
    if not known:
        return None
    members = len({member for pair in known for member in pair})
    mean = sum(known.values()) / len(known)
    return Independence(members=members, correlation=mean, votes=effective_votes(members, mean))
