"""Measures what rewards say of replies to rows of our exports: TRL's own accuracy reward, and `propound_reward`.

    python -m tests.storage.measure_rewards                  # needs trl and math-verify beside propound

60 problems of each domain, five right replies to each in other notations, and wrong ones. Coding rows cannot be judged
by their text, so what is right there for TRL's reward is to leave them out. Figures: docs/lab/rewards.md.
"""

from __future__ import annotations

import argparse
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from propound.domain import Domain
from propound.problem import Problem
from propound.storage.exports import export_row
from trainer.solvers import worked

COUNT = 60
SEED = 16


def main() -> None:
    """Print a table: for each domain and notation, how many replies got 1.0, 0.0 and no score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT, help="problems of each domain")
    parser.add_argument("--trl-only", action="store_true", help="leave our own reward out")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    found: dict[Domain, list[tuple[Problem, str]]] = defaultdict(list)
    for problem, program in worked(SEED, 20 * options.count):
        if len(found[problem.domain]) < options.count:
            found[problem.domain].append((problem, program))
    for domain in Domain:
        assert len(found[domain]) == options.count
        notations: dict[str, list[tuple[dict[str, Any], str]]] = defaultdict(list)
        for place, (problem, program) in enumerate(found[domain], 1):
            row = export_row(problem, {}, place, problem.content_digest())
            for name, reply in replies(problem, program).items():
                notations[name].append((row, reply))
        for name, pairs in notations.items():
            print(f"{domain:12} {name:32} TRL {shown(by_trl(pairs))}", end="")
            print("" if options.trl_only else f"   ours {shown(by_us(pairs))}", flush=True)


def shown(scores: Sequence[float | None]) -> str:
    """Counts of 1.0, 0.0 and None."""
    counts = Counter(scores)
    return f"1.0: {counts[1.0]:3}  0.0: {counts[0.0]:3}  none: {counts[None]:3}"


def by_trl(pairs: Sequence[tuple[dict[str, Any], str]]) -> list[float | None]:
    """TRL's own accuracy reward, which reads the column `solution`."""
    from trl.rewards import accuracy_reward

    completions = [[{"role": "assistant", "content": reply}] for _, reply in pairs]
    scores: list[float | None] = accuracy_reward(completions, [row["solution"] for row, _ in pairs])
    return scores


def by_us(pairs: Sequence[tuple[dict[str, Any], str]]) -> list[float | None]:
    """Our own, which reads the columns of the answer and its tests."""
    from propound.solving.rewards import propound_reward

    columns = {name: [row[name] for row, _ in pairs] for name in ("answer", "answer_kind", "info")}
    return propound_reward([reply for _, reply in pairs], **columns)


def replies(problem: Problem, program: str) -> dict[str, str]:
    """Right replies in five notations, and two or three wrong ones."""
    if problem.coding is not None:
        return _programs(problem, program)
    return _quantities(problem.answer) if problem.domain is Domain.SCIENCE else _numbers(problem.answer)


def _programs(problem: Problem, program: str) -> dict[str, str]:
    number = re.search(r"\d+", problem.answer)
    return {
        "right: python": f"It is this:\n```python\n{program}\n```",
        "right: Python, CRLF": f"It is this:\n```Python\n{program}\n```".replace("\n", "\r\n"),
        "right: py, words after it": f"```py\n{program}\n```\nThis runs in linear time.",
        "right: two versions": f"First:\n```python\nprint(1)\n```\nBetter:\n```python\n{program}\n```",
        "right: after a thought": f"<think>maybe ```python\nprint(1)\n```</think>\n```python\n{program}\n```",
        r"wrong: \boxed{1}": r"\boxed{1}",
        "wrong: a number of the reference": rf"\boxed{{{number[0] if number else 0}}}",
        "wrong: another program": "```python\ndef solve(values):\n    return None\n```",
    }


def _quantities(answer: str) -> dict[str, str]:
    number, unit = answer.split(" ", 1)
    value = float(number)
    mantissa, exponent = f"{value:.9e}".split("e")
    scientific = rf"{mantissa.rstrip('0').rstrip('.')} \times 10^{{{int(exponent)}}}"
    plain = f"{value:.12f}".rstrip("0").rstrip(".")
    other = f"{value * 1.5:.12f}".rstrip("0").rstrip(".")
    return {
        r"right: \boxed, \text": rf"So it is \boxed{{{plain}\ \text{{{unit}}}}}.",
        r"right: \boxed, \, \mathrm": rf"Therefore $\boxed{{{plain}\,\mathrm{{{unit}}}}}$",
        r"right: \boxed, space in \text": rf"\[\boxed{{{plain}\text{{ {unit}}}}}\]",
        "right: a sentence": rf"The answer is ${plain}\ \mathrm{{{unit}}}$.",
        "right: a power of ten": rf"\boxed{{{scientific}\ \text{{{unit}}}}}",
        "wrong: another number": rf"\boxed{{{other}\ \text{{{unit}}}}}",
        "wrong: another unit": rf"\boxed{{{plain}\ \text{{{'m' if unit != 'm' else 's'}}}}}",
    }


def _numbers(answer: str) -> dict[str, str]:
    latex, reordered, wrong = answer, answer, "123456789"
    if found := re.fullmatch(r"(-?)(\d+)/(\d+)", answer):
        latex = reordered = rf"{found[1]}\frac{{{found[2]}}}{{{found[3]}}}"
        wrong = f"{answer}1"
    elif answer.startswith("{"):
        members = [member.strip() for member in answer.strip("{}").split(",")]
        latex, reordered = (rf"\{{{', '.join(each)}\}}" for each in (members, members[::-1]))
        wrong = rf"\{{{', '.join([*members[1:], '1234'])}\}}"
    elif re.fullmatch(r"-?\d+", answer):
        reordered = f"{int(answer):,}".replace(",", "{,}")
    return {
        r"right: \boxed": rf"So it is \boxed{{{latex}}}.",
        "right: $ around it": rf"Therefore $\boxed{{{latex}}}$",
        r"right: \[ \], large": rf"\[\boxed{{{latex.replace('frac', 'dfrac')}}}\]",
        "right: a sentence": rf"The answer is ${latex}$.",
        "right: separators, other order": rf"\boxed{{{reordered}}}",
        "wrong: another value": rf"\boxed{{{wrong}}}",
        "wrong: cut off": "The answer is \\boxed{",
    }


if __name__ == "__main__":
    main()
