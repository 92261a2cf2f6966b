"""Exercises in copying and filling in, which a small network does before it sees demonstrations.

A network that starts from nothing has to find out that what it needs stands in its context. Demonstrations teach
that slowly: few of their tokens are copies, and what is copied stands far away. Here nothing but copying helps: texts
of random words and numbers are repeated, read off records, and put into the slots of templates.

    python -m trainer.exercises OUT.jsonl --count 7000 --seed 1
"""

from __future__ import annotations

import argparse
import json
import random
import string
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from trainer.demonstrations import library_words


def exercises(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Conversations of two messages, from short to long; deterministic in the seed."""
    for index in range(count):
        rng = random.Random(f"exercise:{seed}:{index}")
        size = 4 + int(36 * index / count)
        yield rng.choice((_repeat, _look_up, _fill, _fill))(rng, size)


def _conversation(asked: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}


def _repeat(rng: random.Random, size: int) -> dict[str, Any]:
    text = " ".join(_piece(rng) for _ in range(size))
    return _conversation(text, text)


def _look_up(rng: random.Random, size: int) -> dict[str, Any]:
    """The values of some names of a record, in the order asked for."""
    record = {_name(rng): _value(rng) for _ in range(2 + size // 3)}
    asked = rng.sample(sorted(record), rng.randint(1, min(6, len(record))))
    return _conversation(
        f"{json.dumps(record)}\n{' '.join(asked)}",
        " ".join(f"{name} {_shown(record[name])}" for name in asked),
    )


def _fill(rng: random.Random, size: int) -> dict[str, Any]:
    """A text of random words with its slots filled in, as a draw shows them."""
    record = {_name(rng): _value(rng) for _ in range(rng.randint(2, 5))}
    template, filled = [], []
    for place in rng.sample([*record, *[None] * size], size + len(record)):
        if place is not None:
            template.append(f"{{{place}}}")
            filled.append(_shown(record[place]))
        else:
            word = _piece(rng)
            template.append(word)
            filled.append(word)
    skill = f"{rng.choice(library_words())}-{rng.choice(library_words())}"
    return _conversation(
        f"{json.dumps({'skill': skill, **record})}\nsetup: {' '.join(template)}", " ".join(filled)
    )


def _piece(rng: random.Random) -> str:
    return str(rng.randint(0, 999)) if rng.random() < 0.1 else rng.choice(library_words())


def _name(rng: random.Random) -> str:
    return rng.choice((rng.choice(string.ascii_lowercase), rng.choice(library_words())))


def _value(rng: random.Random) -> int | str | list[int]:
    kind = rng.random()
    if kind < 0.6:
        return rng.randint(-9, 10 ** rng.randint(1, 4))
    if kind < 0.8:
        return f"{rng.uniform(0, 10 ** rng.randint(0, 4)):.3g}"
    if kind < 0.9:
        return rng.choice(library_words())
    return [rng.randint(-99, 99) for _ in range(rng.randint(2, 6))]


def _shown(value: int | str | list[int]) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a file of exercises."""
    parser = argparse.ArgumentParser(prog="python -m trainer.exercises", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=7_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    with given.out.open("w", encoding="utf-8") as out:
        for exercise in exercises(given.seed, given.count):
            out.write(json.dumps(exercise, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
