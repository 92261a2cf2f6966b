"""405 and its `Allow`."""

from __future__ import annotations

from collections import defaultdict

import httpx
import pytest

from service.app import create_app
from service.methods import allowed
from tests.service.test_auth import operations
from tests.service.test_bad_requests import refused


def by_path() -> list[tuple[str, set[str]]]:
    """Every address under /v1, with its methods."""
    found: dict[str, set[str]] = defaultdict(set)
    for _, method, path in operations():
        found[path].add(method)
    return list(found.items())


@pytest.mark.parametrize(("path", "methods"), by_path())
def test_allow_names_every_method(client: httpx.Client, path: str, methods: set[str]) -> None:
    for method in {"GET", "POST", "DELETE", "PUT", "PATCH", "HEAD"} - methods:
        response = client.request(method, path)
        assert response.status_code == 405, method
        assert set(response.headers["allow"].split(", ")) == methods
        if method != "HEAD":
            refused(response, 405, "method-not-allowed")


def test_a_fixed_path_is_not_an_id(client: httpx.Client) -> None:
    response = client.get("/v1/checkpoints/rollback")

    refused(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "POST"
    refused(client.get("/v1/checkpoints/backroll"), 404, "not-found")
    refused(client.get("/v1/checkpoints/rollback/"), 404, "not-found")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/jobs", ("GET", "POST")), ("/v1/keys/key_1", ("DELETE",)), ("/v1/checkpoints/rollback", ("POST",)),
        ("/v1/checkpoints/x", ("GET",)), ("/v1/checkpoints/x/promote", ("POST",)), ("/v1", ()), ("/v1/jobs/", ()),
        ("/v1/jobs/a/b", ()), ("/v1/jobs\n", ()),
    ],
)  # fmt: skip
def test_the_address_with_more_fixed_words_counts(path: str, expected: tuple[str, ...]) -> None:
    assert allowed(create_app(), path) == expected
