"""A benchmark as clients read it, and the parameters of its upload."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from propound.storage.tables import Benchmark

EXAMPLE: JsonDict = {
    "id": "bench_01jqz3m8v5r2k9x7w4t6y0b1cf",
    "object": "benchmark",
    "name": "gsm8k-test",
    "rows": 1319,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": "2026-01-05T09:00:00Z",
}

BenchmarkName = Annotated[
    str,
    Query(
        min_length=1,
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="What to call it.",
        examples=["gsm8k-test"],
    ),
]
FieldName = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=100,
        description="The field of each JSON object that holds the text; by default the first of question, problem, "
        "statement, prompt, text, input, instruction that is there.",
    ),
]


class BenchmarkView(BaseModel):
    """A benchmark. Its texts are not kept, only hashes of their runs of words."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: str
    object: Literal["benchmark"] = "benchmark"
    name: str
    rows: int = Field(description="Rows that hold a word.")
    digest: str = Field(description="SHA-256 (hex) of the file.")
    created_at: datetime


def benchmark_view(benchmark: Benchmark) -> BenchmarkView:
    """A benchmark as the API shows it."""
    return BenchmarkView.model_validate(benchmark, from_attributes=True)
