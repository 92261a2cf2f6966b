"""`propound generate`: options become a request, and folders of cards become texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from propound.cli.generate import RequestError, make_request, read_cards
from propound.job import JobRequest
from propound.problem import Mode
from tests.cli.commands import propound
from tests.factories.cards import skill_text, write_package


def test_what_was_not_given_keeps_the_default_of_its_mode() -> None:
    unset = {
        "minimum_skills": None,
        "maximum_skills": None,
        "cards": None,
        "language": None,
        "corrections": None,
    }
    assert make_request({"count": 3, "mode": "procedural", **unset}) == JobRequest(count=3)
    open_one = make_request({"count": 3, "mode": "open", **unset})
    assert (open_one.mode, open_one.maximum_skills) == (Mode.OPEN, 2)


def test_folders_of_cards_are_sent_as_texts(tmp_path: Path) -> None:
    write_package(tmp_path, "mine", deal="x = 1\n")
    write_package(tmp_path, "mine-too")
    request = make_request({"count": 3, "mode": "open", "cards": [tmp_path]})
    assert request.cards == (
        {"SKILL.md": skill_text("mine"), "scripts/deal.py": "x = 1\n"},
        {"SKILL.md": skill_text("mine-too")},
    )
    assert make_request({"count": 3, "mode": "open", "cards": [tmp_path / "mine"]}).cards == request.cards[:1]


def test_of_a_formal_package_the_card_is_sent(tmp_path: Path) -> None:
    folder = write_package(tmp_path, "mine", skill="def draw(): ...\n")
    (folder / "assets").mkdir()
    (folder / "assets" / "wording.toml").write_text("")
    assert read_cards([folder], []) == [{"SKILL.md": skill_text("mine")}]


def test_what_is_no_card_is_told_by_file_and_line(tmp_path: Path) -> None:
    write_package(tmp_path, "mine", text="no front matter")
    with pytest.raises(RequestError, match=r"mine/SKILL\.md:1: "):
        read_cards([tmp_path], [])
    with pytest.raises(RequestError, match=r"nowhere"):
        read_cards([tmp_path / "nowhere"], [])


def test_a_card_without_a_domain_is_of_the_one_that_is_asked_for(tmp_path: Path) -> None:
    write_package(tmp_path, "mine", text=skill_text("mine", domain=None))
    assert read_cards([tmp_path], ["science"])
    with pytest.raises(RequestError, match="domain"):
        read_cards([tmp_path], ["science", "coding"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"mode": "procedural", "corrections": True}, "corrections: only in open mode"),
        ({"mode": "open", "answer_kinds": ["wish"]}, "answer_kinds.0: "),
        ({"mode": "open", "max_tokens": 10}, "max_tokens: "),
    ],
)
def test_options_that_make_no_request_are_told(options: dict[str, object], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        make_request({"count": 1, **options})


def test_a_demo_of_open_mode_says_what_it_needs(tmp_path: Path) -> None:
    said = propound("demo", "--mode", "open", folder=tmp_path)
    assert said.returncode == 2
    words = " ".join(said.stderr.replace("\u2502", " ").split())
    assert "PROPOUND_MODELS" in words
    assert "PROPOUND_ENDPOINT_URL" in words
    assert not (tmp_path / ".propound").exists(), "nothing was started"
