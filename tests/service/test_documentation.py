"""The documentation page: everything on it, nothing from elsewhere, nothing that runs."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import httpx

from service.app import create_app
from service.documentation import page


class Tags(HTMLParser):
    """What a browser would load, and the names of places and links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.loaded: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        given = dict(attrs)
        if given.get("id"):
            self.ids.add(str(given["id"]))
        if tag == "a":
            self.links.add(str(given["href"]))
        self.loaded += [str(given[name]) for name in ("src", "data", "action") if name in given]
        assert not any(name.startswith("on") or name == "style" for name in given)


def test_the_page_has_every_operation_and_needs_nothing_from_elsewhere(api_url: str) -> None:
    answer = httpx.get(f"{api_url}/docs", trust_env=False)
    tags = Tags(answer.text)
    description = create_app().openapi()
    operations = {
        operation["operationId"]
        for methods in description["paths"].values()
        for operation in methods.values()
    }

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert operations | set(description["components"]["schemas"]) <= tags.ids
    assert tags.loaded == []
    assert not tags.names & {"script", "link", "iframe", "img", "object", "embed", "base", "form"}
    assert tags.links <= {"openapi.json"} | {f"#{name}" for name in tags.ids}, "every link leads somewhere"


def test_its_policy_allows_its_style_and_nothing_else(api_url: str) -> None:
    answer = httpx.get(f"{api_url}/docs", trust_env=False)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    (style,) = re.findall("<style>(.*?)</style>", answer.text, re.DOTALL)

    assert policy["default-src"] == "'none'"
    assert (
        policy["style-src"]
        == f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
    )
    assert "script-src" not in policy


def test_text_of_a_description_is_text() -> None:
    attack = "<script>alert(1)</script>"
    description = {
        "info": {"title": attack, "version": attack, "description": f"{attack} `{attack}`"},
        "tags": [{"name": attack, "description": attack}],
        "paths": {
            attack: {
                "get": {
                    "operationId": attack, "summary": attack, "tags": [attack],
                    "parameters": [{"name": attack, "in": "query", "schema": {"type": attack, "default": attack}}],
                    "responses": {"200": {"description": attack}},
                }
            }
        },
        "components": {"schemas": {attack: {"enum": [attack], "properties": {attack: {"$ref": f"#/{attack}"}}}}},
    }  # fmt: skip
    assert "<script" not in page(description)
    assert "script" not in Tags(page(description)).names
