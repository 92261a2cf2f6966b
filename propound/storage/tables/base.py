"""What all tables have in common: how Python types become columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase

from propound.storage.columns import SafeText


class Base(DeclarativeBase):
    """Base of all tables; JSON is `jsonb`, times carry their zone."""

    type_annotation_map = {  # noqa: RUF012
        datetime: DateTime(timezone=True),
        str: SafeText(),
        dict[str, Any]: JSONB(none_as_null=True),
        dict[str, int]: JSONB(),
        dict[str, str]: JSONB(),
        dict[str, bool]: JSONB(),
        list[dict[str, Any]]: JSONB(),
        list[str]: ARRAY(Text),
    }
