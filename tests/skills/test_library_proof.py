"""Every skill of the library proves itself, alone and in every pair that declares itself compatible."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
import skills_ref

from propound.domain import Domain
from propound.skills import Category, Library, default_library
from propound.skills.library import HERE
from propound.skills.toolkit import proof
from propound.skills.toolkit.statement import Frames

LIBRARY = default_library()
SINGLE_DRAWS = 60
PAIR_DRAWS = 8


def _frames(domain: Domain) -> Frames:
    return Frames.from_catalogue(LIBRARY.frames[domain])


def _compatible(name: str) -> list[str]:
    first = LIBRARY.skills([name])[0]
    others = LIBRARY.names(LIBRARY[name].domain)
    return [other for other in others if other > name and proof.compatible(first, LIBRARY.skills([other])[0])]


@pytest.mark.parametrize("name", LIBRARY.names())
def test_a_skill_proves_itself(name: str) -> None:
    skills = LIBRARY.skills([name])
    assert proof.prove_wording(skills[0]) == []
    assert proof.prove(_frames(LIBRARY[name].domain), skills, draws=SINGLE_DRAWS) == []


@pytest.mark.parametrize("name", LIBRARY.names())
def test_compatible_pairs_prove_themselves(name: str) -> None:
    for other in _compatible(name):
        skills = LIBRARY.skills([name, other])
        assert proof.prove(_frames(LIBRARY[name].domain), skills, draws=PAIR_DRAWS) == []


@pytest.mark.parametrize("name", LIBRARY.names())
def test_packages_pass_the_reference_validator(name: str) -> None:
    assert skills_ref.validate(HERE / "library" / name) == []


def test_the_library_is_wide() -> None:
    assert len(LIBRARY.packages) >= 30
    assert {package.category for package in LIBRARY.packages.values()} == set(Category)
    assert len({package.intent for package in LIBRARY.packages.values()}) == len(LIBRARY.packages)


def test_conflicts_name_skills_of_the_library_and_leave_pruning_real_work() -> None:
    declared = 0
    for package in LIBRARY.packages.values():
        assert all(name in LIBRARY and LIBRARY[name].domain == package.domain for name in package.conflicts)
        declared += len(package.conflicts)
    assert declared >= 15


@pytest.mark.parametrize("domain", list(Domain))
def test_chains_of_four_are_plentiful(domain: Domain) -> None:
    names = LIBRARY.names(domain)
    chains = sum(
        1
        for four in itertools.islice(itertools.combinations(names, 4), 0, None, 7)
        if LIBRARY.conflict(four) is None and LIBRARY.chains(four)
    )
    assert chains >= 10


def test_versions_follow_content() -> None:
    packages = list(LIBRARY.packages.values())
    changed = packages[0].model_copy(update={"content_hash": "0" * 64})
    assert Library([changed, *packages[1:]]).version != LIBRARY.version
    assert Library(packages).version == LIBRARY.version


def test_every_category_gives_something() -> None:
    assert Counter(package.category for package in LIBRARY.packages.values()).most_common()[-1][1] >= 1
