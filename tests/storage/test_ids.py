"""Identifiers."""

from __future__ import annotations

import re
import time

from propound.storage.ids import Prefix, new_id


def test_ids_have_a_prefix_and_sort_by_time() -> None:
    made = []
    for prefix in Prefix:
        made.append(new_id(prefix))
        time.sleep(0.002)
        assert re.fullmatch(prefix + "_[0-9a-hjkmnp-tv-z]{26}", made[-1])
    bodies = [one.split("_")[1] for one in made]
    assert bodies == sorted(bodies)


def test_ids_differ() -> None:
    assert len({new_id(Prefix.JOB) for _ in range(1_000)}) == 1_000
