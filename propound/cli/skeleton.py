"""The package that `propound skills new` writes: small, complete and sound, to be changed part by part."""

from __future__ import annotations

import re
from pathlib import Path

from propound.errors import SkillError

LONGEST_NAME = 64

SKILL = """\
---
name: {name}
description: Asks for the sum of an arithmetic progression. Use when a problem needs a sum with a closed form. (Say in one or two sentences what yours does, and when to use it.)
license: Apache-2.0
metadata:
  domain: mathematics
  category: algebra
  intent: ask for a sum that is long to add up and short to reason about
  method: fix the first term, the step and the number of terms, and ask for their sum
  difficulty: the solver must find the closed form or pair the terms
  tool: recompute by adding the terms one by one
  parameters: first integer, step integer, terms integer
  takes: first 1..500, terms 3..200
  gives: integer
---

# {title}

## Recognition
Say when this skill fits what the composition has so far.

## Workflow
1. Say how to choose the parameters.
2. Say what the statement must tell the reader.
3. Say what to check before submitting.

## Effect
Say what it makes harder for the solver.
"""  # noqa: E501

SCRIPT = '''\
"""Sum of an arithmetic progression with a given first term, step and number of terms."""


def draw(rng, level, fixed):
    return {{
        "first": fixed.get("first", rng.randint(1, 30 * level)),
        "step": rng.randint(2, 9 * level),
        "terms": fixed.get("terms", rng.randint(3, 20 * level)),
    }}


def solve(p):
    return p["terms"] * (2 * p["first"] + (p["terms"] - 1) * p["step"]) // 2


def recompute(p):
    total, term = 0, p["first"]
    for _ in range(p["terms"]):
        total += term
        term += p["step"]
    return total


def degenerate(p, result):
    if p["terms"] < 5:
        return "so few terms are added up at a glance"
    return None
'''

WORDING = """\
# Each form pairs optional setup sentences with noun phrases. [[a|b]] is a choice, {{n}} a parameter.
[[forms]]
quantity = [
  'the sum of the first {{terms}} terms of the arithmetic [[progression|sequence]] [[that begins|which begins|beginning]] with {{first}} and [[has the common difference|grows by the constant step]] {{step}}',
  'the total of {{terms}} [[numbers|integers|terms]] of which the first is {{first}} and each [[further|later|following]] one is {{step}} more than the one before it',
]

[[forms]]
setup = [
  'A [[hall|theatre|stadium]] has {{terms}} rows; the first row has {{first}} seats, and every [[further|later|following]] row has {{step}} seats more than the row [[before it|in front of it]].',
  'A [[saver|collector|runner]] [[keeps a record|counts]] for {{terms}} days: {{first}} on the first day, and on each [[further|later|following]] day {{step}} more than on the day before.',
]
quantity = [
  'the [[total|whole]] over all of them',
  'the sum of all these numbers',
]

[[forms]]
setup = [
  'Beads are [[laid|placed]] in {{terms}} groups. The first group [[holds|contains]] {{first}} beads, and each [[further|later|following]] group [[holds|contains]] {{step}} beads more than the group before it.',
]
quantity = [
  'the number of beads in all groups [[together|taken together]]',
  'the total number of beads',
]
"""  # noqa: E501


def write(name: str, folder: Path) -> Path:
    """Write the package into a new folder `name` below `folder`; its path.

    Raises:
        SkillError: the name is not one that the format allows, or the folder is there already.
    """
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) is None or len(name) > LONGEST_NAME:
        raise SkillError(
            f"{name[:80]!r} is no name of a skill: lower-case letters, digits and single hyphens between them, at "
            f"most {LONGEST_NAME}"
        )
    made = folder / name
    try:
        made.mkdir(parents=True)
        title = name.replace("-", " ").capitalize()
        for path, text in (("SKILL.md", SKILL), ("scripts/skill.py", SCRIPT), ("assets/wording.toml", WORDING)):
            (made / path).parent.mkdir(exist_ok=True)
            (made / path).write_text(text.format(name=name, title=title), encoding="utf-8")
    except FileExistsError:
        raise SkillError(f"{made} is there already") from None
    except OSError as error:
        raise SkillError(f"cannot write {made}: {error.strerror}") from None
    return made
