"""Demonstrations: accepted, deterministic, free of held-out skills, and some of them with skills nobody knows."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from propound.curriculum import draw_spec
from propound.job import JobRequest
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.trajectory import ActionKind
from trainer.demonstrations import HELD_OUT, conversation, demonstrate, demonstrations, invent

pytestmark = pytest.mark.slow

LIBRARY = default_library()


def test_they_are_accepted_and_the_same_for_the_same_seed() -> None:
    first, second = ([t.content_digest() for t in islice(demonstrations(3, 4), 4)] for _ in range(2))
    assert first == second
    assert len(set(first)) == 4


def test_a_turn_that_breaks_off_is_written_again_and_is_no_target() -> None:
    for trajectory in demonstrations(6, 60):
        kinds = [step.action.kind for step in trajectory.steps]
        if ActionKind.MALFORMED in kinds:
            break
    at = kinds.index(ActionKind.MALFORMED)
    assert trajectory.steps[at + 1].text.startswith(trajectory.steps[at].text)
    turns = [each for each in conversation(trajectory)["messages"] if each["role"] == "assistant"]
    assert turns[at]["target"] is False
    assert "target" not in turns[at + 1]


def test_parts_of_the_work_do_not_overlap() -> None:
    parts = [{t.spec.seed for t in demonstrations(3, 3, start, 2)} for start in (0, 1)]
    assert not parts[0] & parts[1]


def test_held_out_skills_exist_in_three_domains_and_are_never_shown() -> None:
    assert len({LIBRARY[name].domain for name in HELD_OUT}) == 3
    for trajectory in demonstrations(4, 6):
        spec = trajectory.spec
        assert not {*spec.skills, *spec.alternates} & set(HELD_OUT)
        prompt = str(trajectory.prompt)
        assert not [name for name in HELD_OUT if LIBRARY[name].intent in prompt]


def test_an_invented_skill_keeps_its_interface_and_hides_its_identity() -> None:
    spec = draw_spec(JobRequest(count=1, seed=6), LIBRARY, 2)
    changed, library = invent(spec, LIBRARY, random.Random(1))
    names = [name for name in library.names() if name not in LIBRARY]
    assert names
    assert len(changed.skills) == len(spec.skills)
    for name in names:
        original = next(
            package for package in LIBRARY.packages.values() if package.script == library[name].script
        )
        assert library[name].parameters == original.parameters
        assert library[name].body != original.body
        for form, old in zip(library.skills([name])[0].forms, original.forms, strict=True):
            assert {part: len(texts) for part, texts in form.items()} == {p: len(t) for p, t in old.items()}


def test_an_episode_with_invented_skills_is_verified_with_their_words() -> None:
    sandbox = open_sandbox()
    made = 0
    for index in range(40):
        spec = draw_spec(JobRequest(count=1, seed=7, maximum_skills=1), LIBRARY, index)
        trajectory = demonstrate(spec, LIBRARY, sandbox, random.Random(index))
        if trajectory is not None and trajectory.spec.skills[0] not in LIBRARY:
            assert trajectory.submission is not None
            made += 1
    assert made >= 3


def test_failed_turns_are_context_and_no_targets() -> None:
    for trajectory in demonstrations(5, 20):
        messages = conversation(trajectory)["messages"]
        marked = [m.get("target", True) for m in messages if m["role"] == "assistant"]
        assert marked == [step.observation.ok for step in trajectory.steps]
        assert marked[-1]


def test_a_turn_that_names_another_skill_is_refused_and_then_written_as_it_was_meant() -> None:
    refused = 0
    for trajectory in demonstrations(7, 40):
        for at, step in enumerate(trajectory.steps):
            if step.action.kind not in (ActionKind.READ, ActionKind.EDIT) or step.observation.ok:
                continue
            refused += 1
            assert "neither active nor" in step.observation.text or "active are" in step.observation.text
            meant = next(later for later in trajectory.steps[at:] if later.observation.ok)
            assert meant.action.kind is step.action.kind
    assert refused > 4
