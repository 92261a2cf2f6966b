"""The description of the API: what the framework derives, with our errors in the place of its own."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from service.errors import ProblemDetails

TAGS = [
    {"name": "jobs", "description": "Ask for problems, watch them being made, cancel."},
    {"name": "datasets", "description": "What jobs have filled; problems with their evidence; export."},
    {"name": "verifications", "description": "Rows of your own: which of their answers are right."},
    {"name": "benchmarks", "description": "Files whose rows must not come up in datasets."},
    {"name": "skills", "description": "The library that problems are composed from."},
    {"name": "trainings", "description": "Train the proposer, watch it learn, cancel; schedules."},
    {
        "name": "checkpoints",
        "description": "What training made; which of it proposes; promote and roll back.",
    },
    {"name": "keys", "description": "API keys and their scopes."},
    {"name": "health", "description": "For load balancers and people in a hurry."},
    {"name": "errors", "description": "What the `type` of an error resolves to."},
]


def describe(app: FastAPI) -> None:
    """Let `app.openapi()` give the complete description."""
    app.openapi_tags = TAGS
    derive = app.openapi

    def complete() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = derive()
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            for framework in ("HTTPValidationError", "ValidationError"):
                schemas.pop(framework, None)
            for methods in schema["paths"].values():
                for operation in methods.values():
                    _drop_framework_errors(operation["responses"])
            own = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= own.pop("$defs")
            schemas["ProblemDetails"] = own
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = complete  # type: ignore[method-assign]


def _drop_framework_errors(responses: dict[str, Any]) -> None:
    """Without the answer 422 where the framework assumes one that we do not give."""
    if "HTTPValidationError" in str(responses.get("422")) and "ProblemDetails" not in str(responses["422"]):
        del responses["422"]
