"""What the engines sustain: `python -m tests.policy.measure_engines CHECKPOINT`. Not a test.

For each engine and number of episodes in flight, in one run on one machine:

- rollouts: real episodes with the environment and its sandbox, without verification;
- raw: the same contexts in the same order, sampled again without an environment, in a cache that does not know them.

Both count the turns that end before the last episode begins: as long as so many are in flight. Afterwards a few long
episodes are alone, which says more about them than about an engine that always has a next job. The ratio of the two
is what the environment costs the engine. Tokens are sampled ones; processor time is that of this process and all below
it, a measure that other programs on the machine disturb less.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tokenizers import Tokenizer

from propound.curriculum import draw_spec
from propound.job import JobRequest
from propound.policy.chat import load_tokenizer
from propound.policy.engine import Completion, Engine
from propound.policy.engines import EngineKind, open_engine
from propound.policy.language import LanguagePolicy
from propound.proposing.procedural import ProceduralEnvironment
from propound.proposing.rollout import rollout
from propound.sandbox import open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills import default_library

STEPS = 12
TEMPERATURE = 0.7


@dataclass
class Noting:
    """An engine that notes what it is asked."""

    engine: Engine
    asked: list[tuple[list[int], int]] = field(default_factory=list)
    """Context and seed."""
    ended: list[tuple[float, int]] = field(default_factory=list)
    """When each turn ended, and how many tokens were sampled."""

    def complete(
        self, context: Sequence[int], *, seed: int, temperature: float, max_tokens: int
    ) -> Completion:
        """As the engine."""
        self.asked.append((list(context), seed))
        made = self.engine.complete(context, seed=seed, temperature=temperature, max_tokens=max_tokens)
        self.ended.append((time.monotonic(), len(made.token_ids)))
        return made

    def close(self) -> None:
        """Others close the engine."""


@dataclass(frozen=True)
class Spent:
    """What was sampled while all places were taken."""

    tokens: int
    seconds: float
    processor: float

    def __str__(self) -> str:
        return f"{self.rate:.0f} tokens/s ({self.tokens} in {self.seconds:.1f} s, {self.processor:.1f} s of processor)"

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return self.tokens / self.seconds


def main() -> None:
    """Print one line for each engine and number of episodes in flight."""
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--engines", nargs="+", type=EngineKind, default=list(EngineKind))
    parser.add_argument("--in-flight", nargs="+", type=int, default=[16, 64])
    parser.add_argument("--episodes", type=int, default=128)
    chosen = parser.parse_args()
    tokenizer = load_tokenizer(chosen.checkpoint)
    for kind in chosen.engines:
        begin = time.monotonic()
        engine = open_engine(kind, chosen.checkpoint)
        print(f"{kind}: loaded in {time.monotonic() - begin:.1f} s")
        for in_flight in chosen.in_flight:
            measure(engine, tokenizer, in_flight, chosen.episodes)
        engine.close()


def measure(engine: Engine, tokenizer: Tokenizer, in_flight: int, episodes: int) -> None:
    """Print the line."""
    library, sandbox = default_library(), PlacedSandbox(open_sandbox())
    played = [Noting(engine) for _ in range(episodes)]
    repeated = [Noting(engine) for _ in range(episodes)]

    def play(index: int) -> None:
        spec = draw_spec(JobRequest(count=1, seed=10**9 + in_flight), library, index)
        policy = LanguagePolicy(played[index], tokenizer, "measured", "1", TEMPERATURE, max_tokens=400)
        rollout(policy, ProceduralEnvironment(spec, library, sandbox, STEPS), member=0)

    def repeat(index: int) -> None:
        for (context, seed), (_, count) in zip(played[index].asked, played[index].ended, strict=False):
            fresh = [(context[0] + 1) % 100, *context[1:]]
            repeated[index].complete(fresh, seed=seed, temperature=TEMPERATURE, max_tokens=count)

    rollouts = spend(play, in_flight, played)
    raw = spend(repeat, in_flight, repeated)
    turns = sum(len(note.ended) for note in played)
    print(
        f"  {in_flight} in flight: {episodes} episodes, {turns} turns; rollouts {rollouts}, raw {raw}, "
        f"ratio {rollouts.rate / raw.rate:.2f}; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def spend(act: Callable[[int], None], in_flight: int, notes: Sequence[Noting]) -> Spent:
    """Act for each of the notes; what was sampled before the last of them began."""
    last: list[tuple[float, float]] = []

    def begin(index: int) -> None:
        if index == len(notes) - 1:
            last.append((time.monotonic(), processor_seconds()))
        act(index)

    began, processor = time.monotonic(), processor_seconds()
    with ThreadPoolExecutor(in_flight) as pool:
        list(pool.map(begin, range(len(notes))))
    end, ended = last[0]
    tokens = sum(count for note in notes for at, count in note.ended if at <= end)
    return Spent(tokens, end - began, ended - processor)


def processor_seconds() -> float:
    """Processor time of this process and all below it, those that have ended included."""
    spent: dict[int, float] = {}
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            parents[int(path.parent.name)] = int(fields[1])
            spent[int(path.parent.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    mine = {os.getpid()}
    while below := {pid for pid, parent in parents.items() if parent in mine} - mine:
        mine |= below
    return sum(spent.get(pid, 0.0) for pid in mine)


if __name__ == "__main__":
    main()
