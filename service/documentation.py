"""`/docs`: the description of the API as one page for people, made here: no script, and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request, Response

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 14px/1.4 ui-monospace, monospace; background: #f4f4f2; border-radius: 4px; }
code { padding: 0 .25em; } pre { padding: .75rem; overflow-x: auto; }
details { border: 1px solid #ddd; border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; } summary b { display: inline-block; min-width: 4.5rem; }
table { border-collapse: collapse; width: 100%; }
td { text-align: left; vertical-align: top; padding: .2rem .5rem; }
tr { border-top: 1px solid #eee; }
@media (prefers-color-scheme: dark) {
  body { background: #181818; color: #ddd; } a { color: #8ab4f8; }
  code, pre { background: #262626; } details, tr { border-color: #3a3a3a; }
}
"""
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def get_documentation(request: Request) -> Response:
    """The page."""
    return Response(page(request.app.openapi()), media_type="text/html; charset=utf-8", headers=HEADERS)


@router.get("/openapi.json")
async def get_description(request: Request) -> Response:
    """What the page is made of, for programs."""
    return Response(json.dumps(request.app.openapi()), media_type="application/json")


def page(description: Mapping[str, Any]) -> str:
    """A description (OpenAPI 3.1) as HTML."""
    info = description["info"]
    title = escape(f"{info['title']} {info['version']}")
    return "".join(
        (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>',
            f"<h1>{title}</h1>{_text(info.get('description', ''))}",
            '<p>For programs: <a href="openapi.json">openapi.json</a>.</p>',
            *(_section(tag, description) for tag in description["tags"]),
            "<h2>Shapes</h2>",
            *(_shape(name, schema) for name, schema in description["components"]["schemas"].items()),
            "</body></html>",
        )
    )


def _section(tag: Mapping[str, str], description: Mapping[str, Any]) -> str:
    operations = (
        _operation(method, path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if tag["name"] in operation["tags"]
    )
    return f"<h2>{escape(tag['name'])}</h2>{_text(tag['description'])}{''.join(operations)}"


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    return "".join(
        (
            f'<details id="{escape(operation["operationId"])}"><summary><b>{method.upper()}</b> ',
            f"<code>{escape(path)}</code> {escape(operation['summary'])}</summary>",
            _text(operation.get("description", "")),
            _table(
                "Parameters",
                (
                    (
                        f"<code>{escape(each['name'])}</code>",
                        f"{each['in']}, {_kind(each['schema'])}",
                        _note(each),
                    )
                    for each in operation.get("parameters", ())
                ),
            ),
            _table(
                "Body",
                (
                    (f"<code>{escape(media)}</code>", _kind(content.get("schema", {})), _example(content))
                    for media, content in operation.get("requestBody", {}).get("content", {}).items()
                ),
            ),
            _table(
                "Answers",
                (
                    (f"<code>{escape(status)}</code>", _answers(answer), _text(answer.get("description", "")))
                    for status, answer in sorted(operation["responses"].items())
                ),
            ),
            "</details>",
        )
    )


def _shape(name: str, schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    fields = (
        (
            f"<code>{escape(field)}</code>",
            _kind(kind) + (", required" if field in required else ""),
            _note(kind),
        )
        for field, kind in schema.get("properties", {}).items()
    )
    values = ", ".join(f"<code>{escape(str(value))}</code>" for value in schema.get("enum", ()))
    return (
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"{_text(schema.get('description', ''))}{values}{_table('Fields', fields)}</details>"
    )


def _kind(schema: Mapping[str, Any]) -> str:
    """What a value is, in a few words; a shape of its own is a link to it."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return " or ".join(map(_kind, choices))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return escape(str(schema.get("type", "any")))


def _note(of: Mapping[str, Any]) -> str:
    """What is said about a value, and between which bounds it lies."""
    schema = of.get("schema", of)
    parts = [_text(of.get("description") or schema.get("description", ""))]
    bounds = {
        "minimum": "from",
        "maximum": "to",
        "minLength": "at least",
        "maxLength": "at most",
        "default": "default",
    }
    there = [f"{word} {escape(json.dumps(schema[key]))}" for key, word in bounds.items() if key in schema]
    return "".join([*parts, ", ".join(there)])


def _answers(answer: Mapping[str, Any]) -> str:
    return ", ".join(_kind(content.get("schema", {})) for content in answer.get("content", {}).values())


def _example(content: Mapping[str, Any]) -> str:
    return f"<pre>{escape(str(content['example']))}</pre>" if "example" in content else ""


def _table(title: str, rows: Iterator[tuple[str, str, str]]) -> str:
    cells = "".join(f"<tr><td>{name}<td>{kind}<td>{note}" for name, kind, note in rows)
    return f"<h3>{title}</h3><table>{cells}</table>" if cells else ""


def _text(text: str) -> str:
    """Paragraphs; words between backquotes are code."""
    return "".join(f"<p>{_coded(paragraph)}</p>" for paragraph in text.strip().split("\n\n") if paragraph)


def _coded(text: str) -> str:
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if place % 2 else piece for place, piece in enumerate(pieces))
