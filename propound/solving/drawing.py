"""Draws inputs with an author's `generate(rng)`; runs inside the sandbox as the main program, never here.

Standard library only, and nothing of propound. Besides random draws there are two at the edges: one `rng` that always
gives the lowest value, one that always gives the highest.
"""

from __future__ import annotations

import json
import os
import random
import sys
import types
from typing import Any

GENERATOR, TASK = "generator.py", "task.json"
MOST_TEXT = 20_000
"""Characters of one input in JSON; a longer one is left out."""


class Lowest(random.Random):
    """Always draws the lowest value, and the first of several."""

    at_end = False

    def random(self) -> float:
        """The least, or almost 1."""
        return 0.999_999 if self.at_end else 0.0

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        """The first or the last of the range."""
        numbers = range(start) if stop is None else range(start, stop, step)
        return numbers[-1 if self.at_end else 0]

    def randint(self, a: int, b: int) -> int:
        """`a` or `b`."""
        return self.randrange(a, b + 1)

    def uniform(self, a: float, b: float) -> float:
        """`a` or `b`."""
        return b if self.at_end else a

    def choice(self, seq: Any) -> Any:
        """The first or the last."""
        return seq[-1 if self.at_end else 0]

    def choices(self, population: Any, *_: Any, k: int = 1, **__: Any) -> list[Any]:
        """The first or the last, k times."""
        return [self.choice(population)] * k

    def sample(self, population: Any, k: int, **_: Any) -> list[Any]:
        """The first or the last k."""
        return list(population[-k:] if self.at_end and k else population[:k])

    def shuffle(self, x: Any) -> None:
        """As it is, or the other way round."""
        if self.at_end:
            x.reverse()


class Highest(Lowest):
    """Always draws the highest value, and the last of several."""

    at_end = True


def main() -> None:
    """Write a line of JSON for each draw: [input], or {"failed": reason}; at the edges failures are left out."""
    lines = os.dup(1)
    os.dup2(2, 1)
    with open(TASK, encoding="utf-8") as file:  # noqa: PTH123
        task = json.load(file)
    with open(GENERATOR, encoding="utf-8", newline="") as file:  # noqa: PTH123
        source = file.read()
    module = types.ModuleType("generator")
    sys.modules["generator"] = module
    line: Any
    try:
        exec(compile(source, GENERATOR, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
        edges = [Lowest(task["seed"]), Highest(task["seed"])]
        draws = [random.Random(task["seed"] + number) for number in range(task["draws"])]
        for number, rng in enumerate([*edges, *draws]):
            try:
                drawn = module.generate(rng)
                line = [list(drawn) if isinstance(drawn, tuple) else drawn]
                text = json.dumps(line)
            except Exception as error:
                if number >= len(edges):
                    raise
                text = json.dumps({"left out": type(error).__name__})
            if len(text) <= MOST_TEXT:
                os.write(lines, text.encode() + b"\n")
    except BaseException as error:  # noqa: BLE001 - whatever a generator raises is its failure
        os.write(lines, json.dumps({"failed": f"{type(error).__name__}: {error}"[:200]}).encode() + b"\n")
    os._exit(0)


if __name__ == "__main__":
    main()
