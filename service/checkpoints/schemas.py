"""Checkpoints and promotions as clients read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from propound.storage.tables import CheckpointState, Promotion, StoredCheckpoint


class CheckpointView(BaseModel):
    """A checkpoint that is kept."""

    version: str = Field(description="Digest of its content.")
    object: Literal["checkpoint"] = "checkpoint"
    name: str
    state: CheckpointState
    live: bool = Field(description="Whether it proposes now, where workers have PROPOUND_POLICY=live.")
    parent_version: str | None = Field(description="What it was trained from.")
    training_id: str | None = Field(description="The run that made it; null where it was not trained here.")
    figures: dict[str, Any]
    created_at: datetime


class CheckpointDetailView(CheckpointView):
    """A checkpoint with its descent."""

    lineage: list[str] = Field(description="The versions that it descends from, its parent first.")
    folder: str = Field(description="Where the trainer that kept it put it.")


class Remark(BaseModel):
    """Why something becomes live."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "won the blind test"}]}
    )

    reason: str = Field(default="on request", min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")


class PromotionView(BaseModel):
    """Something became live."""

    id: int
    object: Literal["promotion"] = "promotion"
    version: str | None = Field(description="Null: the bundled default.")
    by: str = Field(description="The id of a key, or `gate`.")
    reason: str
    created_at: datetime


def checkpoint_view(row: StoredCheckpoint, live_version: str | None) -> CheckpointView:
    """A checkpoint as the API shows it."""
    return CheckpointView(
        version=row.version,
        name=row.name,
        state=row.state,
        live=row.version == live_version,
        parent_version=row.parent_version,
        training_id=row.training_id,
        figures=row.figures,
        created_at=row.created_at,
    )


def promotion_view(promotion: Promotion) -> PromotionView:
    """A promotion as the API shows it."""
    return PromotionView.model_validate(promotion, from_attributes=True)
