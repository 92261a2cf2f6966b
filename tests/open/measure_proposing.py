"""What a real model proposes in open mode, arm by arm: `python -m tests.open.measure_proposing OUT --arm full`.

For whoever changes prompts, tools or cards. Rolls specs out with the catalogue's proposer and keeps each trajectory as
a JSON line in OUT/ARM-SKILLS.jsonl. Requests are kept in OUT/ledger.jsonl: stopped and begun again, nothing is asked
twice. Nothing is verified here; `measure_verification` reads what this wrote.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from propound.models.ledger_file import FileLedger
from propound.models.purpose import Origin
from propound.models.registry import record_in
from propound.policy.opening import open_policy
from propound.problem import ProblemSpec
from propound.proposing.open import OpenEnvironment
from propound.proposing.rollout import rollout
from propound.sandbox import open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills import default_library
from propound.skills.cards import default_cards
from propound.trajectory import Trajectory
from tests.open.arms import ARMS, specs


def main() -> None:
    """Roll out, keep, and count outcomes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--arm", choices=ARMS, required=True)
    parser.add_argument("--skills", type=int, default=1)
    parser.add_argument("--n", type=int, default=60)
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--in-flight", type=int, default=8)
    given = parser.parse_args()
    ledger = FileLedger(given.out / "ledger.jsonl")
    record_in(ledger)
    arm, sandbox = ARMS[given.arm], PlacedSandbox(open_sandbox())
    began, asked = time.monotonic(), len(ledger.entries)

    with open_policy("model", default_library(), temperature=given.temperature) as policy:

        def make(numbered: tuple[int, ProblemSpec]) -> Trajectory:
            number, spec = numbered
            environment = OpenEnvironment(spec, sandbox, arm.max_steps, withheld=arm.withheld)
            origin = Origin(command=f"{given.arm}-{given.skills}", spec=number)
            return rollout(policy, environment, 0, origin)

        wanted = list(enumerate(specs(default_cards(), given.n, given.skills)))
        file = given.out / f"{given.arm}-{given.skills}.jsonl"
        outcomes: Counter[str] = Counter()
        with ThreadPoolExecutor(given.in_flight) as threads, file.open("w", encoding="utf-8") as lines:
            for trajectory in threads.map(make, wanted):
                lines.write(trajectory.model_dump_json() + "\n")
                lines.flush()
                outcomes[str(trajectory.outcome)] += 1
    print(f"{given.arm}, {given.skills} skills, n = {given.n}: {dict(outcomes)}")
    print(f"{len(ledger.entries) - asked} requests in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
