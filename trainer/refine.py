"""MGPO: sample -> advantage -> step -> evaluate -> publish. Read this second, after `propound/episodes.py`.

    propound train mgpo --from weak --steps 50 --out OUT

A step takes groups of episodes - fresh ones that a source gives, and the run's own rollouts for the rest -, weighs
their tokens (`loss.py`), and moves the network once. OUT gets `metrics.jsonl`, a checkpoint `step-...` at every mark
and at the end, the newest weights in float32 as `policy`, `report.md` with its curves, and `state.pt`, with which the
same call goes on where it was stopped, bit by bit.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from propound.curriculum import category_weights, draw_spec, update_mastery
from propound.episode import Episode
from propound.episodes import EpisodeRunner, of_specs, run_all
from propound.errors import PropoundError
from propound.evaluation import evaluate, held_out_specs
from propound.policy.checkpoint import Checkpoint, load_checkpoint, write_checkpoint
from propound.policy.engine import Engine
from propound.policy.engines import EngineKind, open_engine
from propound.policy.engines.embedded import EmbeddedEngine
from propound.policy.language import LanguagePolicy
from propound.refinement import broken_rule
from propound.training import StopReason
from trainer.conditions import UNCONDITIONAL, Conditions, InterruptedRunError
from trainer.device import PROCESSOR, own_device
from trainer.experience import Group, read_group
from trainer.figures import carries, finite, step_figures, trend
from trainer.intake import GroupSource, Taken, UnreadableGroupsError, take
from trainer.optimizer import Optimizer, Rates
from trainer.patience import Patience
from trainer.ranks import Ranks
from trainer.report import write_report
from trainer.settings import RefineSettings
from trainer.trainable import Trainable, open_base
from trainer.update import COARSE, EXACT, Learner

DRAWS = 5
"""So many times a step samples its groups before the run ends because none of them carries a gradient."""


class RefineError(PropoundError):
    """A run that cannot begin, or cannot go on with what is in its folder."""


@dataclass(frozen=True)
class Refined:
    """What a run came to."""

    folder: Path
    """The checkpoint to take: the last mark, or after a stop by a rule the best one before it, or the base."""
    reason: StopReason
    detail: str
    steps: int
    figures: dict[str, Any]
    """Of the checkpoint's evaluation."""


def refine(
    base: Checkpoint,
    settings: RefineSettings,
    out: Path,
    *,
    runner: EpisodeRunner,
    source: GroupSource | None = None,
    observe: Callable[[dict[str, Any]], None] = lambda _: None,
    conditions: Conditions = UNCONDITIONAL,
    ranks: Ranks | None = None,
) -> Refined:
    """Run to the end of the budget, or until a stop rule holds or it is cancelled.

    `runner` makes the episodes, with whatever judges and prober it has. While a server that they need is down, the run
    keeps what it has and waits. With several `ranks` this is for the
    first one; the others `accompany` it.

    Raises:
        RankError: another rank has ended.
        RefineError: the settings are not possible, or the folder holds another run.
        UnknownSkillError: a skill that the library does not hold.
        ImpossibleSpecError: in some domain the skills cannot be chained as asked.
        UnreadableGroupsError: the source can be exhausted, and no group that it gave can be read.
        DriftError: the trainer does not see what the policy saw.
        SandboxFailedError: the sandbox itself failed; call again to go on.
    """
    made = replace(runner, max_steps=settings.max_steps, withheld=settings.without)
    run = Run(base, settings, out, made, source, conditions=conditions, ranks=ranks or Ranks())
    run.resume()
    while True:
        reason, detail = run.ending(conditions.cancelled())
        if reason is not None:
            refined = run.finish(reason, detail)
            run.learner.ranks.dismiss()
            return refined
        try:
            figures = run.step()
        except InterruptedRunError:
            continue
        if figures is not None:
            observe(figures)


def accompany(base: Checkpoint, settings: RefineSettings, ranks: Ranks) -> None:
    """Compute along with the first rank, which runs `refine` with the same base and settings, until it ends.

    Raises:
        RankError: another rank has ended otherwise.
    """
    ranks.follow(_open_learner(base, settings, ranks))


def _open_learner(base: Checkpoint, settings: RefineSettings, ranks: Ranks) -> Learner:
    torch.set_num_threads(1)
    torch.manual_seed(settings.seed)  # adapters are drawn
    network, reference = (open_base(base.folder, rank, own_device()) for rank in (settings.lora, None))
    if isinstance(network, nn.Module):
        network.float()  # what adapters adapt is read in bfloat16, which is too coarse for log-probabilities
    ranks.spread(network)
    ranks.spread(reference)
    rates = Rates(matrices=settings.rate, others=settings.rate, weight_decay=0.0, warmup=0.0, decay=0.0)
    return Learner(
        network,
        reference,
        Optimizer(network, rates, muon=False),
        settings.resolved(),
        threads=settings.threads,
        low_precision=settings.low_precision,
        drift=EXACT if settings.engine is EngineKind.EMBEDDED else COARSE,
        ranks=ranks,
    )


class Run:
    """A run's whole state: what `state.pt` holds, and what follows from the base and the settings."""

    def __init__(
        self,
        base: Checkpoint,
        settings: RefineSettings,
        out: Path,
        runner: EpisodeRunner,
        source: GroupSource | None,
        *,
        conditions: Conditions,
        ranks: Ranks,
    ) -> None:
        self.base, self.settings, self.out, self.runner, self.source = base, settings, out, runner, source
        self.patience, self.origin = Patience(conditions), conditions.origin
        self.library = runner.library
        self.request = settings.request(self.library)
        self.tokenizer = base.tokenizer()
        self.algorithm = settings.resolved()
        self.learner = _open_learner(base, settings, ranks)
        self.context = self.learner.network.context
        self.done = 0
        self.seconds = 0.0
        self.specs = 0
        """Specs drawn so far."""
        self.mastery: dict[str, float] = {
            str(package.category): 0.5 for package in self.library.packages.values()
        }
        self.history: list[dict[str, Any]] = []
        self.marks: list[tuple[int, dict[str, Any]]] = []
        self.versions: list[str] = []
        """Of the weights that made episodes, oldest first."""
        self.taken = 0
        """Groups that the source gave, those that were refused included."""
        self.starved = ""
        """Why there was nothing to learn from."""

    # -- the loop ----------------------------------------------------------------------------------------

    def step(self) -> dict[str, Any] | None:
        """One update; its figures, or None where no group was left to learn from."""
        if not self.marks:
            self._mark()
        began = time.monotonic() - self.patience.seconds
        version = self._write_policy()
        self.versions = [*self.versions, version][-self.settings.staleness - 1 :]
        drawn, taken = self._collect()
        sampled, waited = time.monotonic(), self.patience.seconds
        carrying = [group for group in drawn if self._carries(group)]
        if not carrying:
            self.starved = "no group was left that carries a gradient"
            if taken.refused:
                self.starved += f"; refused were {_listed(taken)}"
            return None
        current = {version} if self.done else {version, self.base.version}
        batch = self.learner.weigh(carrying, current, self.done)
        gradients = self.learner.gradients(batch)
        figures = step_figures(batch, drawn, gradients, self.algorithm) | {
            "dropped_groups": len(drawn) - len(carrying),
            "taken_groups": taken.count,
            "refused_groups": len(taken.refused),
            "refusals": taken.reasons(),
            "policy_version": version,
            "sampling_seconds": sampled - waited - began,
        }
        norm = self.learner.norm()
        if not (math.isfinite(gradients.loss) and math.isfinite(norm)):
            return self._record({**figures, "finite": 0.0, "loss": None, "norm": None}, began)
        factor = min(1.0, (self.done + 1) / max(1, self.settings.warmup))
        self.learner.step(0.0, scale=factor)
        self._learn_mastery(drawn)
        figures |= {
            "finite": 1.0,
            "loss": gradients.loss,
            "norm": norm,
            "tokens_per_second": sum(g.length for g in carrying) / (time.monotonic() - sampled),
            "mastery": dict(self.mastery),
        }
        return self._record(figures, began)

    def _collect(self) -> tuple[list[Group], Taken]:
        """The step's groups: a source's first, then own ones, and more in place of those without gradient.

        Own ones are drawn again, up to `DRAWS` times, while none carries any.

        Raises:
            UnreadableGroupsError: the first groups that a source gave are all that it has, and none can be read.
        """
        taken = Taken()
        if self.source is not None:
            versions = tuple(reversed(self.versions))
            taken = take(self.source, self.settings.groups, versions, self._read, before=self.taken)
            self.taken += taken.count
        groups = list(taken.groups)
        if self.source is None or not self.source.exhaustible:
            with self._policy() as policy:
                groups += self._sample(policy, self.settings.groups - len(groups))
                without = sum(not self._carries(group) for group in groups)
                groups += self._sample(policy, min(without, self.settings.refill))
                for _ in range(DRAWS - 1):
                    if any(map(self._carries, groups)):
                        break
                    groups += self._sample(policy, self.settings.groups)
        elif taken.refused and not groups and not self.done:
            raise UnreadableGroupsError(f"no group of the source can be read: refused were {_listed(taken)}")
        return groups, taken

    def _carries(self, group: Group) -> bool:
        return carries(group, self.algorithm)

    def _read(self, episodes: Sequence[Episode]) -> Group:
        return read_group(self.tokenizer, episodes, self.context, self.learner.network.vocabulary)

    def _sample(self, policy: LanguagePolicy, count: int) -> list[Group]:
        settings = self.settings
        weights = category_weights(self.mastery) if settings.curriculum else None
        specs = [
            draw_spec(self.request, self.library, index, weights)
            for index in range(self.specs, self.specs + count)
        ]
        size = settings.group_size
        episodes = run_all(
            self.runner.by(policy),
            of_specs(specs, self.origin, size=size, start=self.specs),
            in_flight=settings.in_flight,
            waiting=self.patience,
        )
        self.specs += count
        return [self._read(episodes[start : start + size]) for start in range(0, len(episodes), size)]

    def _learn_mastery(self, groups: Sequence[Group]) -> None:
        for group in groups:
            decided = [each.verdict.accepted for each in group.episodes if each.is_decided]
            if not decided:
                continue
            rate = sum(decided) / len(decided)
            spec = group.episodes[0].trajectory.spec
            for category in {
                str(self.library[name].category) for name in spec.skills if name in self.library
            }:
                self.mastery[category] = update_mastery(self.mastery[category], rate)

    # -- when it ends ------------------------------------------------------------------------------------

    def ending(self, cancelled: bool) -> tuple[StopReason | None, str]:
        """Why the run is over, or None."""
        if cancelled:
            return StopReason.CANCELLED, ""
        if self.history and not self.history[-1]["finite"]:
            return StopReason.RULE, "the loss or its gradient is not finite"
        rule = broken_rule(self.settings.rules, self.history)
        if rule is not None:
            return StopReason.RULE, str(rule)
        if self.starved:
            return StopReason.STARVED, self.starved
        if self.done >= self.settings.steps:
            return StopReason.STEPS, ""
        if self.settings.minutes is not None and self.seconds >= self.settings.minutes * 60:
            return StopReason.MINUTES, ""
        return None, ""

    def finish(self, reason: StopReason, detail: str) -> Refined:
        """The checkpoint to take: the newest, or where a rule ended the run the best mark so far."""
        if reason is not StopReason.RULE and self.done and (not self.marks or self.marks[-1][0] != self.done):
            self._mark()
            self.remember()
        best = self.marks[-1] if self.marks else (0, {})
        if reason is StopReason.RULE:
            best = max(reversed(self.marks), key=lambda mark: float(mark[1].get("accepted", 0.0)))
        write_report(self.out, self.marks, f"{reason}{': ' if detail else ''}{detail}")
        step, figures = best
        folder = self._folder(step) if step else self.base.folder
        return Refined(folder, reason, detail, self.done, figures)

    # -- what is kept ------------------------------------------------------------------------------------

    def _record(self, figures: dict[str, Any], began: float) -> dict[str, Any]:
        self.done += 1
        seconds = time.monotonic() - self.patience.seconds - began
        self.seconds += seconds
        figures = {"step": self.done, **figures}
        if figures["finite"]:
            figures |= trend(self.history[-1] if self.history else None, figures)
        figures = finite({**figures, "seconds": seconds})
        self.history.append(figures)
        if figures["finite"] and self.done % self.settings.mark == 0:
            self._mark()
        self.remember()
        with (self.out / "metrics.jsonl").open("a") as lines:
            lines.write(json.dumps(figures) + "\n")
        return figures

    def _mark(self) -> None:
        """Evaluate the weights, and write them as a checkpoint unless they are the base's."""
        figures: dict[str, Any] = {}
        self._write_policy()
        if self.settings.evaluation:
            with self._policy() as policy, suppress(InterruptedRunError):
                figures = evaluate(
                    self.runner.by(policy),
                    held_out_specs(self.library, self.settings.evaluation, self.settings.seed, self.request),
                    in_flight=self.settings.in_flight,
                    origin=self.origin,
                    waiting=self.patience,
                ).model_dump(mode="json")
        if self.done and not self._folder(self.done).exists():
            metadata = self._origin() | {"figures": figures}
            with write_checkpoint(self._folder(self.done), self.base.name, metadata) as partial:
                self._whole().write(partial, self.tokenizer)
        self.marks.append((self.done, figures))

    def _folder(self, step: int) -> Path:
        return self.out / f"step-{step:06d}"

    def _write_policy(self) -> str:
        """Write the current weights in float32: a policy of them samples from exactly what is trained. Its version."""
        folder = self.out / "policy"
        shutil.rmtree(folder, ignore_errors=True)
        with write_checkpoint(folder, self.base.name, self._origin()) as partial:
            self._whole().write(partial, self.tokenizer, torch.float32)
        return load_checkpoint(folder).version

    def _origin(self) -> dict[str, Any]:
        """Where the weights come from, for the metadata of a checkpoint."""
        return {
            "recipe": {"kind": self.settings.algorithm, "base": self.base.version, "steps": self.done},
            "settings": self.settings.model_dump(mode="json"),
        }

    def _whole(self) -> Trainable:
        """The network as one process holds it."""
        if not self.learner.ranks.sharded:
            return self.learner.network
        whole = open_base(self.base.folder, self.settings.lora)
        whole.load_state_dict(self.learner.weights(), strict=False)
        return whole

    @contextmanager
    def _policy(self) -> Iterator[LanguagePolicy]:
        """The weights that were written last, as a policy."""
        checkpoint = load_checkpoint(self.out / "policy")
        engine = self._engine(checkpoint.folder)
        try:
            yield LanguagePolicy(
                engine,
                checkpoint.tokenizer(),
                checkpoint.name,
                checkpoint.version,
                self.settings.temperature,
                self.settings.max_tokens,
            )
        finally:
            engine.close()

    def _engine(self, folder: Path) -> Engine:
        """What samples, loaded anew for each step and closed after it: the memory of a GPU is the update's then."""
        if self.settings.engine is EngineKind.EMBEDDED:
            return EmbeddedEngine(folder, slots=self.settings.in_flight)
        return open_engine(self.settings.engine, folder)

    def remember(self) -> None:
        """Write state.pt, atomically."""
        state = {
            "identity": self._identity(),
            **self.learner.state(),
            "done": self.done,
            "seconds": self.seconds,
            "specs": self.specs,
            "taken": self.taken,
            "mastery": self.mastery,
            "history": json.dumps(self.history),
            "marks": json.dumps(self.marks),
            "versions": self.versions,
        }
        partial = self.out / "state.partial"
        torch.save(state, partial)
        partial.replace(self.out / "state.pt")

    def resume(self) -> bool:
        """Go on from state.pt; whether there was one.

        Raises:
            RefineError: it is another run's.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        path = self.out / "state.pt"
        if not path.exists():
            (self.out / "metrics.jsonl").unlink(missing_ok=True)
            return False
        state = torch.load(path, map_location=PROCESSOR, weights_only=True)
        if state["identity"] != self._identity():
            raise RefineError(
                f"{self.out} holds a run with another base or other settings: give another folder"
            )
        self.learner.restore(path)
        self.done, self.seconds, self.specs = state["done"], state["seconds"], state["specs"]
        self.mastery, self.versions = state["mastery"], state["versions"]
        self.taken = state["taken"]
        if self.source is not None:
            self.source.skip(self.taken)
        self.history = json.loads(state["history"])
        self.marks = [(step, figures) for step, figures in json.loads(state["marks"])]
        lines = "".join(json.dumps(figures) + "\n" for figures in self.history)
        (self.out / "metrics.jsonl").write_text(lines)
        return True

    def _identity(self) -> str:
        """What a run must have in common with its state: all but its budget."""
        settings = self.settings.model_dump(mode="json", exclude={"steps", "minutes", "threads", "in_flight"})
        return json.dumps({"base": self.base.version, "settings": settings}, sort_keys=True)


def _listed(taken: Taken) -> str:
    """The refused groups in words."""
    reasons = "; ".join(f"{count} for: {reason}" for reason, count in taken.reasons(most=3).items())
    return f"{len(taken.refused)} of {taken.count} groups ({reasons})"
