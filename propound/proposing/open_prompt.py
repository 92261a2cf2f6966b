"""What an agent of open mode is told before its first turn: the task, the form of a draft, the tools, its skills."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from propound.domain import Domain
from propound.problem import CodingMode, ProblemSpec, Terms
from propound.trajectory import ActionKind
from propound.transcript import OPEN_TOOLS, tool_schemas

_TASK = """You write new {domain} problems in {language}, each with a Python program that computes its answer.
- Story and numbers are your own. All numbers that are needed stand in the statement.
- It asks one question, which has one answer, and says in which unit or form. It does not tell the answer.
- The program imports what it uses, computes the answer from the numbers of the statement and prints it alone: no \
input(), no random numbers, no words. Exact values stay exact: fractions.Fraction, sympy.{kinds}"""

_FORM = """Write a draft in this form:
<statement>
A baker fills 7 trays with 12 rolls each and sells 61 of them. The others go into bags of 5. How many rolls are left \
over?
</statement>
```python
left = 7 * 12 - 61
print(left % 5)
```
What the program prints is the answer."""

_FUNCTION = """Write a draft in this form, with a reference solution and a generator of inputs:
<statement>
Write a function `longest_run(values)` that takes a list of 1 to 200 integers from 0 to 9 and returns the length of \
the longest run of equal neighbours. Example: longest_run([4, 4, 7]) returns 2.
</statement>
```python
def longest_run(values):
    best = run = 1
    for before, value in zip(values, values[1:]):
        run = run + 1 if value == before else 1
        best = max(best, run)
    return best
```
```python
def generate(rng):  # a list with the arguments of one call
    return [[rng.randint(0, 9) for _ in range(rng.randint(1, 200))]]
```"""

_STDIN = """Write a draft in this form, with a reference solution and a generator of inputs:
<statement>
The input holds one line with 1 to 200 integers from 0 to 9. Print the length of the longest run of equal neighbours. \
Example: for the input "4 4 7" print 2.
</statement>
```python
values = input().split()
best = run = 1
for before, value in zip(values, values[1:]):
    run = run + 1 if value == before else 1
    best = max(best, run)
print(best)
```
```python
def generate(rng):  # the text of one input
    return " ".join(str(rng.randint(0, 9)) for _ in range(rng.randint(1, 200)))
```"""

_TURNS = """Each of your turns is one of these:
- a draft as in the form below: its program is run, and you are told what is wrong with it;
- a thought in plain words;
- a block of Python alone, which is run;
- one call of a tool: <tool_call>{{"name": "...", "arguments": {{...}}}}</tool_call>
{tools}
Repair what is wrong in a new draft, whole each time. Drop or swap a skill that does not fit. When a draft has passed, \
submit it.
The program may instead define GIVEN = {{"n": 12}} with the numbers of the statement and def solve(n), which returns \
the answer: then each number is tested, too."""

_BEGIN = """Write a problem of your own now, that cannot be solved without {these}. It is about something else than \
the example, and needs several steps."""


def open_messages(
    spec: ProblemSpec, terms: Terms, withheld: Collection[ActionKind] = ()
) -> tuple[dict[str, Any], ...]:
    """The chat messages before the first turn; `withheld` tools are not offered."""
    form = _FORM if spec.domain is not Domain.CODING else _FUNCTION
    if terms.coding is CodingMode.STDIN:
        form = _STDIN
    kinds = ", ".join(str(kind).replace("_", " ") for kind in terms.answer_kinds)
    is_one_shot = ActionKind.CHECK in withheld and ActionKind.EXEC in withheld
    task = _TASK.format(
        domain=spec.domain,
        language=terms.language,
        kinds=f"\n- The answer is of this kind: {kinds}." if kinds else "",
    )
    fronts = "\n\n".join(terms.card(name).front() for name in spec.skills)
    count = f"{spec.minimum_skills} to {spec.maximum_skills}"
    if spec.minimum_skills == spec.maximum_skills:
        count = f"exactly {spec.minimum_skills}"
    user = f"The problem needs {count} of these skills:\n\n{fronts}"
    if spec.alternates and ActionKind.EDIT not in withheld:
        user += "\n\nAlternates: " + ", ".join(spec.alternates)
    parts = (task, form) if is_one_shot else (task, _turns(withheld), form)
    begin = _BEGIN.format(these=" and ".join(name.replace("-", " ") for name in spec.skills))
    return (
        {"role": "system", "content": "\n".join(parts)},
        {"role": "user", "content": f"{user}\n\n{begin}"},
    )


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
