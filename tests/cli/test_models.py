"""`propound models`: what configured models can, and what of their roles will not work."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.commands import propound
from tests.factories.limited_model import LimitedModel
from tests.factories.model_server import fails, model_server

FILE = """
[[model]]
name = "big"
served = "Big"
url = "{big}"
family = "b"

[[model]]
name = "small"
served = "Small"
url = "{small}"
family = "s"

[roles]
proposer = "big"
judges = ["small"]
probers = ["small"]
"""


def test_a_table_and_what_will_not_work(tmp_path: Path) -> None:
    lacking = LimitedModel(window=1_000, lacks=frozenset({"return_token_ids"}))
    with model_server(LimitedModel(window=20_000)) as big, model_server(lacking) as small:
        file = tmp_path / "models.toml"
        file.write_text(FILE.format(big=big.url, small=small.url))
        words = ("models", "check", "--context", "2000")
        said = propound(*words, folder=tmp_path, PROPOUND_MODELS=str(file))
        machine = propound(*words, "small", "--json", folder=tmp_path, PROPOUND_MODELS=str(file))
    assert said.returncode == 1, said.stderr
    lines = said.stdout.splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines if line.strip()}
    assert rows["big"][:7] == ["yes"] * 7
    assert rows["small"][5] == "no"
    assert "small, token ids: it sends none" in lines
    assert any(line.startswith("judges: small CANNOT WORK: prompts of about") for line in lines)
    assert any(line.startswith("probers: small works, but: it is among judges, too") for line in lines)
    assert any(line.startswith("nothing against proposer (big)") for line in lines)
    assert machine.returncode == 1
    found = json.loads(machine.stdout)
    assert [each["model"] for each in found["models"]] == ["small"]
    assert found["models"][0]["context"]["how"] == "cut"
    roles = {(each["role"], each["fails"]) for each in found["roles"]}
    assert roles == {("judges", True), ("probers", True), ("probers", False)}


def test_one_url_is_enough_and_a_role_without_answers_fails(tmp_path: Path) -> None:
    with model_server(fails(401, "wrong key")) as server:
        more = {"PROPOUND_ENDPOINT_URL": server.url, "PROPOUND_ENDPOINT_MODEL": "m"}
        said = propound("models", "check", folder=tmp_path, **more)
    assert said.returncode == 1
    assert "proposer: m CANNOT WORK: it does not answer: HTTP 401: wrong key" in said.stdout


def test_without_models_it_says_how_to_name_one(tmp_path: Path) -> None:
    said = propound("models", "check", folder=tmp_path)
    assert (said.returncode, said.stdout) == (1, "")
    assert "PROPOUND_MODELS" in said.stderr
