"""A skill as clients read it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from propound.domain import Domain
from propound.skills.package import Category, Port, SkillPackage

EXAMPLE: JsonDict = {
    "name": "kinetic-energy",
    "object": "skill",
    "domain": "science",
    "category": "mechanics",
    "description": "Kinetic energy of a moving body from its mass and speed.",
    "intent": "Turn a speed into an energy.",
    "difficulty": "The speed counts twice.",
    "content_hash": "9f2c...",
}


class SkillSummary(BaseModel):
    """The first level of disclosure."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: str
    object: Literal["skill"] = "skill"
    domain: Domain
    category: Category
    description: str
    intent: str = Field(description="Why to use it.")
    difficulty: str = Field(description="What it makes harder.")
    content_hash: str = Field(description="SHA-256 of the package; evidence refers to it.")


class SkillView(SkillSummary):
    """The whole package, without its scripts."""

    method: str = Field(description="How to construct with it.")
    tool: str = Field(description="What to check with.")
    parameters: dict[str, str] = Field(description="Parameter name -> type.")
    takes: dict[str, Port] = Field(description="Parameters that another skill's result may feed.")
    gives: str = Field(description="Type of the result.")
    unit: str
    conflicts: list[str] = Field(description="Skills that this one cannot be combined with.")
    body: str = Field(description="The body of SKILL.md, as Markdown.")


def skill_summary(package: SkillPackage) -> SkillSummary:
    """The short form of a package."""
    return SkillSummary.model_validate(package.model_dump(include=set(SkillSummary.model_fields)))


def skill_view(package: SkillPackage) -> SkillView:
    """The long form of a package."""
    return SkillView.model_validate(package.model_dump(include=set(SkillView.model_fields)))
