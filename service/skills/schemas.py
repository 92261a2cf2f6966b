"""A skill as clients read it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from propound.domain import Domain
from propound.problem import Mode
from propound.skills.entries import Entry
from propound.skills.package import Port

EXAMPLE: JsonDict = {
    "name": "kinetic-energy",
    "object": "skill",
    "domain": "science",
    "category": "mechanics",
    "description": "Kinetic energy of a moving body from its mass and speed.",
    "intent": "Turn a speed into an energy.",
    "difficulty": "The speed counts twice.",
    "modes": ["procedural", "open"],
    "content_hash": "9f2c...",
}


class SkillSummary(BaseModel):
    """The first level of disclosure."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: str
    object: Literal["skill"] = "skill"
    domain: Domain
    category: str
    description: str
    intent: str = Field(description="Why to use it.")
    difficulty: str = Field(description="What it makes harder.")
    modes: list[Mode] = Field(
        description="What can use it: open mode every skill, procedural mode those with a formal part."
    )
    content_hash: str = Field(description="SHA-256 of the package; evidence refers to it.")


class SkillView(SkillSummary):
    """The whole package, without its scripts."""

    method: str = Field(description="How to construct with it.")
    tool: str = Field(description="What to check with.")
    parameters: dict[str, str] = Field(description="Of its formal part: parameter name -> type.")
    takes: dict[str, Port] = Field(
        description="Of its formal part: parameters that another skill's result may feed."
    )
    gives: str | None = Field(description="Type of the formal part's result; null without one.")
    unit: str = Field(description="Of that result; empty if it has none.")
    conflicts: list[str] = Field(description="Skills that this one cannot be combined with.")
    programs: list[str] = Field(description="Programs that help to check, as paths that an agent imports.")
    body: str = Field(description="The body of SKILL.md, as Markdown.")


def skill_summary(one: Entry) -> SkillSummary:
    """The short form of a skill."""
    said = one.card.model_dump(include=set(SkillSummary.model_fields))
    return SkillSummary.model_validate(said | {"modes": one.modes})


def skill_view(one: Entry) -> SkillView:
    """The long form of a skill."""
    said = one.card.model_dump(include=set(SkillView.model_fields))
    fields = {"parameters", "takes", "gives", "unit"}
    nothing: dict[str, Any] = {"parameters": {}, "takes": {}, "gives": None, "unit": ""}
    part = one.formal.model_dump(include=fields) if one.formal else nothing
    return SkillView.model_validate(said | part | {"modes": one.modes, "programs": list(one.card.modules)})
