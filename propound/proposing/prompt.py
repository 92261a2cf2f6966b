"""What an agent is told before its first turn: the task, the tools, and the first level of its skills."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from propound.problem import ProblemSpec
from propound.skills import Library
from propound.trajectory import ActionKind
from propound.transcript import tool_schemas

_SYSTEM = """You write one {domain} problem that composes the active skills, with a checked answer.
Draw numbers and wordings, write the statement around them, check it, repair what fails, drop or swap skills that do \
not go together, submit.
A draft may quote the last draw: <setup 1> (with its links), <quantity 1>, <closing>, <answer>; open slots in a quote \
take the last name that an earlier sentence introduced.
A turn is a thought, or a thought with one tool call:
<tool_call>
{{"name": "...", "arguments": {{...}}}}
</tool_call>
Tools:
{tools}"""


def opening_messages(
    spec: ProblemSpec, library: Library, withheld: Collection[ActionKind] = ()
) -> tuple[dict[str, Any], ...]:
    """The chat messages before the first turn; `withheld` tools are not offered."""
    functions = [schema["function"] for schema in tool_schemas()]
    tools = "\n".join(_line(function) for function in functions if function["name"] not in withheld)
    skills = "\n\n".join(library[name].front_matter() for name in spec.skills)
    count = (
        f"exactly {spec.minimum_skills}"
        if spec.minimum_skills == spec.maximum_skills
        else f"{spec.minimum_skills} to {spec.maximum_skills}"
    )
    user = f"Level {spec.level}. Use {count} of the active skills.\n\n{skills}"
    if spec.alternates:
        user += "\n\nAlternates: " + ", ".join(spec.alternates)
    return (
        {"role": "system", "content": _SYSTEM.format(domain=spec.domain, tools=tools)},
        {"role": "user", "content": user},
    )


def _line(function: dict[str, Any]) -> str:
    return f"{function['name']}({', '.join(function['parameters']['properties'])}): {function['description']}"
