"""Groups that a tiny network of random weights sampled itself, with rewards as a test wants them."""

from __future__ import annotations

import random
from pathlib import Path

from propound.curriculum import draw_spec
from propound.episode import Episode
from propound.episodes import EpisodeRunner, of_specs, run_all
from propound.job import JobRequest
from propound.policy.checkpoint import load_checkpoint
from propound.policy.engines.embedded import EmbeddedEngine
from propound.policy.language import LanguagePolicy
from propound.reward import Rewards
from propound.sandbox import open_sandbox
from propound.skills import default_library

TURNS = 3
MAX_TOKENS = 24


def episodes(
    folder: Path, groups: int = 2, size: int = 3, seed: int = 0, temperature: float = 1.0
) -> list[list[Episode]]:
    """What the checkpoint in the folder makes of some specs; all turns are short."""
    library = default_library()
    checkpoint = load_checkpoint(folder)
    engine = EmbeddedEngine(folder)
    policy = LanguagePolicy(
        engine, checkpoint.tokenizer(), checkpoint.name, checkpoint.version, temperature, MAX_TOKENS
    )
    specs = [draw_spec(JobRequest(count=1, seed=seed), library, index) for index in range(groups)]
    try:
        runner = EpisodeRunner(library, open_sandbox(), policy, TURNS)
        made = run_all(runner, of_specs(specs, size=size), in_flight=4)
        return [made[start : start + size] for start in range(0, len(made), size)]
    finally:
        engine.close()


def rewarded(episode: Episode, seed: object) -> Episode:
    """The episode with other rewards."""
    rng = random.Random(str(seed))
    steps = tuple(rng.choice([0.1, 0.02, -0.02, -0.1]) for _ in episode.trajectory.steps)
    rewards = Rewards(terminal=rng.choice([0.0, 1.0, 1.5]), steps=steps, pass_rate=None)
    return episode.model_copy(update={"rewards": rewards})
