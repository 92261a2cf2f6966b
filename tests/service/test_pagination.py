"""Pages: complete and without repeats, also while rows arrive; cursors of our own only."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.storage.session import Database
from service.errors import InvalidCursorError
from service.pagination import CHECKSUM, Id, Listing, Name, Ordinal, _armour
from tests.service.filling import create, filled
from tests.service.test_bad_requests import refused

NAMES = Listing("names", Name)
PLACES = Listing("places", Ordinal)


def walk(client: httpx.Client, path: str, limit: int) -> list[dict[str, Any]]:
    """All rows of a list, page by page, by the `Link` header."""
    rows: list[dict[str, Any]] = []
    response = client.get(httpx.URL(path).copy_merge_params({"limit": limit}))
    while True:
        page = response.json()
        assert page["object"] == "list"
        assert len(page["data"]) <= limit
        assert page["has_more"] is (page["next_cursor"] is not None) is ("next" in response.links)
        rows += page["data"]
        if not page["has_more"]:
            return rows
        assert len(page["data"]) == limit
        assert page["next_cursor"] in response.links["next"]["url"]
        response = client.get(response.links["next"]["url"])


@pytest.mark.parametrize("limit", [1, 2, 5, 7, 100])
def test_pages_hold_every_row_once(client: httpx.Client, database: Database, limit: int) -> None:
    made = [create(database).job_id for _ in range(7)]

    assert [job["id"] for job in walk(client, "/v1/jobs", limit)] == sorted(made, reverse=True)
    assert len(walk(client, "/v1/datasets", limit)) == 7


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_every_list_has_pages(client: httpx.Client, database: Database, limit: int) -> None:
    made = filled(database, count=7)
    for _ in range(3):
        client.post("/v1/keys", json={"name": "k", "scopes": ["jobs:read"]})

    problems = walk(client, f"/v1/datasets/{made.dataset_id}/problems", limit)
    skills = walk(client, "/v1/skills", limit)

    assert [problem["ordinal"] for problem in problems] == list(range(1, 8))
    assert len(walk(client, "/v1/keys", limit)) == 4
    assert [skill["name"] for skill in skills] == sorted({skill["name"] for skill in skills})


def test_rows_that_arrive_neither_repeat_nor_hide_others(client: httpx.Client, database: Database) -> None:
    old = sorted((create(database).job_id for _ in range(6)), reverse=True)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = client.get("/v1/jobs", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [job["id"] for job in page["data"]]
        create(database)
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == old


def test_filters_stay_on_the_way_to_the_next_page(client: httpx.Client, database: Database) -> None:
    made = filled(database, count=12)

    problems = walk(client, f"/v1/datasets/{made.dataset_id}/problems?domain=coding", 2)

    assert {problem["domain"] for problem in problems} == {"coding"}
    assert len(problems) > 2


def test_a_cursor_of_another_list_is_refused(client: httpx.Client, database: Database) -> None:
    one, other = filled(database), filled(database)
    jobs = client.get("/v1/jobs?limit=1").json()["next_cursor"]
    problems = client.get(f"/v1/datasets/{one.dataset_id}/problems?limit=1").json()["next_cursor"]

    for path, cursor in [
        ("/v1/datasets", jobs),
        (f"/v1/datasets/{other.dataset_id}/problems", problems),
        ("/v1/jobs", problems),
    ]:
        refused(client.get(path, params={"cursor": cursor}), 400, "invalid-cursor")


def test_another_tenants_cursor_shows_only_ones_own_rows(
    client: httpx.Client, stranger: httpx.Client, database: Database
) -> None:
    theirs = create(database, tenant="elsewhere")
    for _ in range(2):
        create(database)
    cursor = client.get("/v1/jobs?limit=1").json()["next_cursor"]

    rows = stranger.get("/v1/jobs", params={"cursor": cursor}).json()["data"]

    assert [job["id"] for job in rows] == [theirs.job_id]


@pytest.mark.parametrize(
    "cursor", ["", "a", "abc=", "....", "\u2603", "%00", "A" * 999, "null", "eyJpZCI6MX0"]
)
def test_nonsense_is_refused(client: httpx.Client, cursor: str) -> None:
    for path in ("/v1/jobs", "/v1/datasets", "/v1/keys", "/v1/skills"):
        refused(client.get(path, params={"cursor": cursor}), 400, "invalid-cursor")


def test_a_giant_cursor_is_refused(client: httpx.Client) -> None:
    refused(client.get("/v1/jobs", params={"cursor": "A" * 2_000}), 422, "invalid-request")


@given(st.integers(0, 2**31 - 1), st.text(max_size=30))
def test_a_cursor_comes_back_as_it_went(ordinal: int, of: str) -> None:
    assert PLACES.decode(PLACES.encode(Ordinal(ordinal), of), of) == Ordinal(ordinal)


@given(st.integers(0, 2**31 - 1), st.data())
def test_a_changed_cursor_is_refused(ordinal: int, data: st.DataObject) -> None:
    cursor = PLACES.encode(Ordinal(ordinal))
    place = data.draw(st.integers(0, len(cursor) - 1))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = data.draw(st.sampled_from(letters.replace(cursor[place], "")))

    with pytest.raises(InvalidCursorError):
        PLACES.decode(cursor[:place] + other + cursor[place + 1 :])


@given(st.text(max_size=200))
def test_text_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        NAMES.decode(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
    )
)
def test_a_forged_cursor_with_a_true_checksum_names_a_place_or_is_refused(value: Any) -> None:
    forged = forge(NAMES, json.dumps([value]).encode())

    try:
        place = NAMES.decode(forged)
    except InvalidCursorError:
        return
    assert place is not None
    assert place.name == value


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"{}", b"[1,2]", b"[-1]", b"[2147483648]", b"[1e99]", b"\xff", b"[1"]
)
def test_a_forged_place_out_of_range_is_refused(payload: bytes) -> None:
    with pytest.raises(InvalidCursorError):
        PLACES.decode(forge(PLACES, payload))


def test_a_forged_id_must_look_like_one() -> None:
    ids = Listing("ids", Id)

    for payload in (b'["job_1"]', b'["job_\\u0000"]', b'["' + b"x" * 60 + b'"]'):
        with pytest.raises(InvalidCursorError):
            ids.decode(forge(ids, payload))


def forge(listing: Listing[Any], payload: bytes) -> str:
    """A cursor as the listing would write it, around any payload."""
    checksum = listing._checksum(payload, "")
    assert len(checksum) == CHECKSUM
    return _armour(checksum + payload)
