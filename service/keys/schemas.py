"""An API key as clients write it and read it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from propound.storage.keys import Scope
from propound.storage.tables import ApiKey

KeyName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


class KeyCreate(BaseModel):
    """A key to make."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "ci", "scopes": ["jobs:read", "jobs:write"]}]},
    )

    name: KeyName
    scopes: list[Scope] = Field(min_length=1, max_length=16, description="Only scopes that your own key has.")


class KeyView(BaseModel):
    """A key, without its secret."""

    id: str
    object: Literal["key"] = "key"
    name: str
    prefix: str = Field(description="The part of the secret that may be shown.")
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None = Field(description="To the minute.")
    revoked_at: datetime | None


class NewKeyView(KeyView):
    """A key just made."""

    secret: str = Field(description="Shown this once; send it as `Authorization: Bearer`.")


def key_view(key: ApiKey) -> KeyView:
    """A key as the API shows it."""
    return KeyView.model_validate(key, from_attributes=True)
