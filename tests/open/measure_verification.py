"""What verification makes of what was proposed: `python -m tests.open.measure_verification OUT --arm full --skills 1`.

For whoever changes stages, rules or prompts of solvers. Reads OUT/ARM-SKILLS.jsonl (see `measure_proposing`), verifies
each trajectory with the catalogue's solvers, judges and auditor, keeps every verdict with its evidence as a JSON line
in OUT/ARM-SKILLS.verdicts.jsonl, and prints the funnel and each role's cost. Requests are kept in OUT/ledger.jsonl.
`--own-answers` holds an author to the answer that it wrote down, not to what its program prints.
"""

from __future__ import annotations

import argparse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from propound.config import settings
from propound.episodes import open_runner
from propound.models.ledger_file import FileLedger
from propound.models.purpose import Origin
from propound.models.registry import record_in
from propound.record import Record
from propound.sandbox import Sandbox
from propound.solving.reference import examine_reference
from propound.trajectory import Trajectory
from propound.verification.verdict import Verdict


class Verified(Record):
    """One line of the output."""

    place: int
    verdict: Verdict


def main() -> None:
    """Verify, keep, and count."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--arm", required=True)
    parser.add_argument("--skills", type=int, default=1)
    parser.add_argument("--in-flight", type=int, default=8)
    parser.add_argument("--own-answers", action="store_true")
    given = parser.parse_args()
    ledger = FileLedger(given.out / "ledger.jsonl")
    record_in(ledger)
    name = f"{given.arm}-{given.skills}"
    lines = (given.out / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    trajectories = [Trajectory.model_validate_json(line) for line in lines]
    reasons: Counter[str] = Counter()
    with closing(open_runner(settings(), threads=given.in_flight)) as runner:

        def verify(numbered: tuple[int, Trajectory]) -> Verified:
            place, trajectory = numbered
            if not given.own_answers:
                trajectory = by_its_program(trajectory, runner.sandbox)
            origin = Origin(command=f"verify-{name}", spec=place)
            return Verified(place=place, verdict=runner.open_verification.verify(trajectory, origin))

        with (
            ThreadPoolExecutor(given.in_flight) as threads,
            (given.out / f"{name}.verdicts.jsonl").open("w", encoding="utf-8") as file,
        ):
            for verified in threads.map(verify, enumerate(trajectories)):
                reasons[str(verified.verdict.rejection or "accepted")] += 1
                file.write(verified.model_dump_json() + "\n")
                file.flush()
    print(f"{name}, n = {len(trajectories)}: {dict(reasons.most_common())}")
    for role, sums in ledger.spending().by_role.items():
        print(f"{role}: {sums.line()}")


def by_its_program(trajectory: Trajectory, sandbox: Sandbox) -> Trajectory:
    """The trajectory as if its author had left the answer to its program."""
    submission, spec = trajectory.submission, trajectory.spec
    if submission is None or submission.open is None or spec.open is None:
        return trajectory
    found = examine_reference(
        submission.statement, submission.open, None, spec.open, spec.domain, sandbox, seed=spec.seed
    )
    if found.answer is None:
        return trajectory
    own = submission.model_copy(update={"answer": found.answer})
    return trajectory.model_copy(update={"submission": own})


if __name__ == "__main__":
    main()
