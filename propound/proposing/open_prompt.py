"""What an agent of open mode is told before its first turn: the task, the form of a draft, the tools, its skills."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from propound.domain import Domain
from propound.problem import CodingMode, ProblemSpec, Terms
from propound.trajectory import ActionKind
from propound.transcript import OPEN_TOOLS, tool_schemas

_TASK = """You write one new {domain} problem in {language} that cannot be solved without the active skills, and whose \
answer is certain.
{form}
Rules: a story and numbers of your own. Every number that is needed stands in the statement, and none that is not. One \
question, with one answer; it says the unit or the form in which the answer is wanted. Neither the answer nor a hint \
stands in it.{kinds}"""

_FORM = """A draft is written so:
<statement>
the problem, exactly as its solvers will read it
</statement>
```python
# computes the answer from the numbers of the statement, and prints it alone
```
<answer>what the program prints</answer>
The program computes: it prints no constant, reads no input and draws no random numbers; fractions.Fraction and sympy \
keep exact values exact. Better still, it defines GIVEN = {"n": 12, "k": 5} with the numbers of the statement and \
def solve(n, k), which returns the answer."""

_FUNCTION = """A draft is written so:
<statement>
the problem, exactly as its solvers will read it: name and arguments of the function, the bounds of each argument, one \
example
</statement>
```python
# the function alone, correct and quick enough for these bounds
```
```python
def generate(rng):  # a list with one call's arguments within the bounds, small or large, drawn with random.Random rng
```"""

_STDIN = """A draft is written so:
<statement>
the problem, exactly as its solvers will read it: what stands on standard input and within which bounds, what is to be \
printed, one example
</statement>
```python
# the whole program, correct and quick enough for these bounds
```
```python
def generate(rng):  # the text of one input within the bounds, small or large, drawn with random.Random rng
```"""

_TURNS = """A turn is one draft, which is checked at once; or a thought in plain words; or one block of Python alone, \
which is run; or one tool call:
<tool_call>
{{"name": "...", "arguments": {{...}}}}
</tool_call>
Tools:
{tools}
You are told what a check finds. Repair it in a new draft, whole each time; drop or swap a skill that does not fit. \
Submit what passed."""

_AT_ONCE = "Write the draft at once. It is handed in as it stands."


def open_messages(
    spec: ProblemSpec, terms: Terms, withheld: Collection[ActionKind] = ()
) -> tuple[dict[str, Any], ...]:
    """The chat messages before the first turn; `withheld` tools are not offered."""
    form = _FORM if spec.domain is not Domain.CODING else _FUNCTION
    if terms.coding is CodingMode.STDIN:
        form = _STDIN
    kinds = ", ".join(str(kind).replace("_", " ") for kind in terms.answer_kinds)
    task = _TASK.format(
        domain=spec.domain,
        language=terms.language,
        form=form,
        kinds=f" The answer is of this kind: {kinds}." if kinds else "",
    )
    how = _AT_ONCE if ActionKind.CHECK in withheld and ActionKind.EXEC in withheld else _turns(withheld)
    fronts = "\n\n".join(terms.card(name).front() for name in spec.skills)
    count = f"{spec.minimum_skills} to {spec.maximum_skills}"
    if spec.minimum_skills == spec.maximum_skills:
        count = f"exactly {spec.minimum_skills}"
    user = f"Use {count} of the active skills, together in one problem.\n\n{fronts}"
    if spec.alternates and ActionKind.EDIT not in withheld:
        user += "\n\nAlternates: " + ", ".join(spec.alternates)
    return {"role": "system", "content": f"{task}\n{how}"}, {"role": "user", "content": user}


def _turns(withheld: Collection[ActionKind]) -> str:
    functions = [schema["function"] for schema in tool_schemas(OPEN_TOOLS)]
    lines = [
        f"{function['name']}({', '.join(_named(function))}): {function['description']}"
        for function in functions
        if function["name"] not in withheld
    ]
    return _TURNS.format(tools="\n".join(lines))


def _named(function: dict[str, Any]) -> list[str]:
    """The arguments that a call has to name; a draft's parts stand in the turn."""
    names = list(function["parameters"]["properties"])
    return names if function["name"] in (ActionKind.READ, ActionKind.EDIT) else []
