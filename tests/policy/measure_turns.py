"""How many turns of a real model are well formed, and how many call a tool: `python -m tests.policy.measure_turns OUT`.

For whoever changes how turns are read or asked for. Rolls held-out specs out with the catalogue's proposer, keeps every
turn as it was written in OUT (JSON lines: episode, turn, text, kind, flaw), and prints the counts.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from contextlib import closing
from pathlib import Path

from propound.config import settings
from propound.curriculum import check_request
from propound.episodes import Wanted, open_runner, run_all
from propound.evaluation import held_out_specs
from propound.job import JobRequest
from propound.models.purpose import Origin
from propound.policy.opening import open_policy
from propound.skills import default_library
from propound.trajectory import ActionKind


def main() -> None:
    """Roll out and count."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--n", type=int, default=20, help="episodes, each of a spec of its own")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--in-flight", type=int, default=8)
    given = parser.parse_args()
    library = default_library()
    request = JobRequest(count=given.n)
    check_request(request, library)
    specs = held_out_specs(library, given.n, given.seed, request)
    origin = Origin(command="measure_turns")
    wanted = [Wanted(spec, 0, origin.model_copy(update={"spec": place})) for place, spec in enumerate(specs)]
    kinds: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    with (
        open_policy("model", library, temperature=given.temperature) as policy,
        closing(open_runner(settings(), policy, threads=given.in_flight)) as runner,
        given.out.open("w", encoding="utf-8") as file,
    ):
        for place, episode in enumerate(run_all(runner, wanted, in_flight=given.in_flight)):
            outcomes[str(episode.trajectory.outcome)] += 1
            for number, step in enumerate(episode.trajectory.steps):
                kinds[str(step.action.kind)] += 1
                line = {"episode": place, "turn": number, "text": step.text, "kind": str(step.action.kind)}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
    turns = sum(kinds.values())
    formed = turns - kinds[str(ActionKind.MALFORMED)]
    calls = formed - kinds[str(ActionKind.THINK)]
    print(f"{turns} turns of {given.n} episodes: {formed} well formed, {calls} of them call a tool")
    print(f"kinds: {dict(kinds)}; outcomes: {dict(outcomes)}")


if __name__ == "__main__":
    main()
