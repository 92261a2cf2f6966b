"""What a problem is about, in three words: for requests, skills, problems and whoever counts by them."""

from __future__ import annotations

from enum import StrEnum


class Domain(StrEnum):
    """What a problem is about."""

    MATHEMATICS = "mathematics"
    CODING = "coding"
    SCIENCE = "science"
