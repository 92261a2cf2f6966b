"""A step of ours beside one of TRL's GRPOTrainer: tokens a second and peak memory, in turns. Not a test.

    python -m venv /tmp/trl-venv && /tmp/trl-venv/bin/pip install trl
    python -m tests.trainer.measure_trl --python /tmp/trl-venv/bin/python

Both begin as the same Qwen3 checkpoint of random weights, read the same prompts and completions, compute the
log-probabilities of policy and reference, a loss with a KL term, its gradient, and one step of AdamW. With `--sample`
each samples its completions first; without, ours takes what the weights as they are make of them as recorded, as after
sampling, and TRL takes them from its own loss. Every turn is a process of its own; its first step is not counted. On a
machine that has other work to do, processor time says more than time; `--log` lets several calls add to one table.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

VOCABULARY = 3072
BETA = 0.02
RATE = 1e-5
TURNS = 4
"""Turns of ours that a completion is divided into; TRL knows none."""
WAYS = ("ours", "trl", "trl-checkpointed")
"""TRL without and with gradient checkpointing; with it is TRL's default, without it is faster."""
_Member = tuple[Sequence[int], Sequence[float]]
"""A completion's tokens, and their log-probabilities."""
_Span = tuple[tuple[float, float], tuple[float, float]]
"""Two looks at the `clock`."""


def memory(what: str) -> float:
    """MiB of this process: `VmRSS` now, `VmHWM` at most so far."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found.group(1)) / 1024


def clock() -> tuple[float, float]:
    """Seconds, and seconds of processor time of all threads."""
    return time.perf_counter(), time.process_time()


def figures(clocks: Sequence[_Span], tokens: Sequence[int], before: float) -> dict[str, Any]:
    """Of a turn's steps but the first; `clocks` are those before and after each."""
    steps = [(end[0] - start[0], end[1] - start[1]) for start, end in clocks]
    return {
        "seconds": [each[0] for each in steps[1:]],
        "processor": [each[1] for each in steps[1:]],
        "tokens": list(tokens[1:]),
        "before": before,
        "peak": memory("VmHWM"),
    }


def prepare(folder: Path, given: argparse.Namespace) -> None:
    """The checkpoint, and what both read: prompts of one token a letter, completions of random tokens."""
    import torch

    from tests.factories.checkpoints import tokenizer
    from trainer.copying import draw_first_weights
    from trainer.network import Network, Shape

    network = Network(Shape(VOCABULARY))
    draw_first_weights(network, torch.Generator().manual_seed(0))
    (folder / "base").mkdir()
    network.write(folder / "base", tokenizer())
    rng = random.Random(0)
    groups = [
        {
            "prompt": "".join(rng.choices("abcdefgh ijkl", k=given.prompt - 1)) + ".",
            "completions": [
                [rng.randrange(300, VOCABULARY) for _ in range(given.rest)] for _ in range(given.size)
            ],
        }
        for _ in range(given.groups)
    ]
    (folder / "groups.json").write_text(json.dumps(groups))


def ours(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Steps of `trainer.update.Learner`."""
    import torch

    from propound.policy.chat import encode_text, load_tokenizer
    from propound.verification.vote import Rejection
    from tests.factories.episodes import episode
    from trainer.experience import Experience, Group, Stretch
    from trainer.loss import MGPO
    from trainer.network import load_network
    from trainer.optimizer import Optimizer, Rates
    from trainer.update import Learner

    torch.set_num_threads(1)  # as in `trainer.refine`: the learner's workers are the parallelism
    tokenizer = load_tokenizer(folder / "base")
    network = load_network(folder / "base")
    rates = Rates(matrices=RATE, others=RATE, weight_decay=0.0, warmup=0.0, decay=0.0)
    learner = Learner(
        network,
        load_network(folder / "base"),
        Optimizer(network, rates, muon=False),
        MGPO,
        pack=given.pack,
        threads=given.threads,
        low_precision=not given.float32,
    )
    read = json.loads((folder / "groups.json").read_text())
    prompts = [encode_text(tokenizer, each["prompt"]) for each in read]
    fixed: list[list[_Member]] = [[(ids, [-8.0] * len(ids)) for ids in each["completions"]] for each in read]

    def group(prompt: list[int], members: Sequence[_Member]) -> Group:
        read = []
        for number, (ids, old) in enumerate(members):
            own = range(len(prompt), len(prompt) + len(ids))
            read.append(
                Experience(
                    stretches=(Stretch((*prompt, *ids), len(prompt), tuple(own)),),
                    step_of=tuple(TURNS * place // len(ids) for place in range(len(ids))),
                    old=tuple(old),
                    stages=tuple(range(TURNS)),
                    process=tuple(0.1 * ((number + turn) % 3) for turn in range(TURNS)),
                    terminal=float(number % 2),
                )
            )
        return Group(tuple(read), (episode(Rejection.UNREADABLE),) * len(read), 1.0)

    def recorded(group: Group, old: torch.Tensor) -> Group:
        """The group as if its completions had been sampled from the weights as they are."""
        each = torch.split(old, [len(member.old) for member in group.members])
        members = zip(group.members, each, strict=True)
        return replace(group, members=tuple(replace(member, old=tuple(p.tolist())) for member, p in members))

    clocks: list[_Span] = []
    tokens = []
    before = memory("VmRSS")
    for number in range(given.steps + 1):
        began = clock()
        members = _sampled(network, tokenizer, prompts, folder, number, given) if given.sample else fixed
        groups = [group(prompt, each) for prompt, each in zip(prompts, members, strict=True)]
        if not given.sample:
            groups = [recorded(*each) for each in zip(groups, learner.measure(groups), strict=True)]
            began = clock()
        learner.update(learner.weigh(groups, {groups[0].version}, number))
        clocks.append((began, clock()))
        tokens.append(sum(each.length for each in groups))
    return figures(clocks, tokens, before)


def _sampled(
    network: Any, tokenizer: Any, prompts: list[list[int]], folder: Path, step: int, given: argparse.Namespace
) -> list[list[_Member]]:
    """Completions by the engine that `trainer.refine` samples with, from the weights as they are."""
    import torch

    from propound.policy.engines.embedded import EmbeddedEngine

    policy = folder / f"policy-{os.getpid()}-{step}"
    policy.mkdir()
    network.write(policy, tokenizer, torch.float32)
    engine = EmbeddedEngine(policy)
    try:
        with ThreadPoolExecutor(given.groups * given.size) as threads:
            waiting = [
                [
                    threads.submit(
                        engine.complete,
                        prompt,
                        seed=1_000 * step + member,
                        temperature=1.0,
                        max_tokens=given.rest,
                    )
                    for member in range(given.size)
                ]
                for prompt in prompts
            ]
            done = [[each.result() for each in members] for members in waiting]
    finally:
        engine.close()
    return [[(each.token_ids, each.log_probabilities) for each in members] for members in done]


def theirs(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Steps of TRL's GRPOTrainer; runs in TRL's environment, which has nothing of ours."""
    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
    torch, trl, transformers = (importlib.import_module(name) for name in ("torch", "trl", "transformers"))
    datasets = importlib.import_module("datasets")
    torch.set_num_threads(given.threads)
    groups = json.loads((folder / "groups.json").read_text())
    completions = {each["prompt"]: each["completions"] for each in groups}
    clocks: list[tuple[float, float]] = []
    seen: list[int] = [0]
    before: list[float] = []

    def rollout(prompts: list[str], trainer: Any) -> dict[str, Any]:
        taken = dict.fromkeys(completions, 0)
        found = []
        for prompt in prompts:
            found.append(completions[prompt][taken[prompt]])
            taken[prompt] += 1
        encoded = [trainer.processing_class(prompt)["input_ids"] for prompt in prompts]
        return {
            "prompt_ids": encoded,
            "completion_ids": found,
            "logprobs": [[-8.0] * len(ids) for ids in found],
        }

    def reward(completions: list[Any], **_: Any) -> list[float]:
        return [float(number % 2) for number in range(len(completions))]

    class Steps:
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            before.append(memory("VmRSS"))
            clocks.append(clock())

        def on_step_end(self, _: Any, state: Any, *__: Any, **___: Any) -> None:
            clocks.append(clock())
            seen.append(int(state.num_input_tokens_seen))

    config = trl.GRPOConfig(
        output_dir=str(folder / f"trl-{os.getpid()}"),
        per_device_train_batch_size=given.micro or given.size,
        gradient_accumulation_steps=given.groups * given.size // (given.micro or given.size),
        num_generations=given.size,
        max_completion_length=given.rest,
        max_steps=given.steps + 1,
        learning_rate=RATE,
        lr_scheduler_type="constant",
        beta=BETA,
        bf16=not given.float32,
        use_cpu=True,
        gradient_checkpointing=given.child == "trl-checkpointed",
        shuffle_dataset=False,
        model_init_kwargs={"dtype": "float32"},
        logging_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    trl.GRPOTrainer(
        model=str(folder / "base"),
        reward_funcs=reward,
        args=config,
        train_dataset=datasets.Dataset.from_list([{"prompt": each} for each in completions]),
        callbacks=[type("Clock", (Steps, transformers.TrainerCallback), {})()],
        rollout_func=None if given.sample else rollout,
    ).train()
    return figures(list(pairwise(clocks)), [end - start for start, end in pairwise(seen)], before[0])


def turn(way: str, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """One process's figures."""
    program = [sys.executable, "-m", "tests.trainer.measure_trl"]
    if way != "ours":
        program = [str(given.python), str(Path(__file__).resolve())]
    numbers = ("steps", "groups", "size", "rest", "pack", "micro", "threads")
    words = [f"--{name}={getattr(given, name)}" for name in numbers]
    words += [f"--{name}" for name in ("float32", "sample") if getattr(given, name)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(given.threads), "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(
        [*program, "--child", way, "--folder", str(folder), *words],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        env=environment,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"way": way, **found}


def main() -> None:
    """Take turns, and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", type=Path, help="interpreter of the environment that has TRL")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=2, help="that count in each turn")
    parser.add_argument("--groups", type=int, default=2)
    parser.add_argument("--size", type=int, default=8, help="completions of a group")
    parser.add_argument("--prompt", type=int, default=600, help="tokens of a prompt")
    parser.add_argument("--rest", type=int, default=700, help="tokens of a completion")
    parser.add_argument(
        "--pack", type=int, default=2048, help="tokens that ours takes at once in each thread"
    )
    parser.add_argument("--micro", type=int, default=0, help="completions that TRL takes at once; 0: a group")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--float32", action="store_true", help="no bfloat16 anywhere")
    parser.add_argument("--sample", action="store_true", help="sample the completions in each step")
    parser.add_argument("--log", type=Path, default=Path(os.devnull), help="file that keeps the turns")
    parser.add_argument("--child", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps((ours if given.child == "ours" else theirs)(given.folder, given)))
        return
    turns = [json.loads(line) for line in given.log.read_text().splitlines()] if given.log.exists() else []
    with tempfile.TemporaryDirectory() as folder, given.log.open("a", buffering=1) as log:
        prepare(Path(folder), given)
        for _ in range(given.rounds):
            for way in given.ways:
                turns.append(turn(way, Path(folder), given))
                log.write(json.dumps(turns[-1]) + "\n")
    for way in WAYS:
        print(line(way, [each for each in turns if each["way"] == way]))


def line(way: str, turns: Sequence[dict[str, Any]]) -> str:
    """Medians of all steps, and of the processes' memory."""
    if not turns:
        return f"{way}: not measured"
    rates, costs = (
        [n / s for each in turns for n, s in zip(each["tokens"], each[key], strict=True)]
        for key in ("seconds", "processor")
    )
    peak, before = (statistics.median(each[key] for each in turns) for key in ("peak", "before"))
    return (
        f"{way}: {statistics.median(rates):.0f} tokens/s ({min(rates):.0f} to {max(rates):.0f}),"
        f" {statistics.median(costs):.0f} a second of processor time ({min(costs):.0f} to {max(costs):.0f}),"
        f" {len(rates)} steps; peak {peak:.0f} MiB, {peak - before:.0f} of them in steps"
    )


if __name__ == "__main__":
    main()
