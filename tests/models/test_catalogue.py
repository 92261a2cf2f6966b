"""The catalogue: what a file says, and that every mistake is one error with line, field and what is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from propound.config import Settings
from propound.errors import PropoundError
from propound.models.catalogue import Catalogue, CatalogueError, shared_families
from propound.models.catalogue_file import read_catalogue
from propound.models.configured import catalogue_of

KEY = "sk-very-secret-0123456789"
WHOLE = """\
# two models
[[model]]
name = "qwen"
served = "Qwen/Qwen3-4B-Instruct-2507"
url = "http://host:8000/v1/"
key_env = "QWEN_KEY"
family = "qwen3"
concurrency = 16
thought_tokens = 8192
answer_tokens = 2048
prompt_price = 0.5
completion_price = 2
silence_seconds = 60
extra = { top_k = 20, chat_template_kwargs = { enable_thinking = true } }

[[model]]
name = "other"
served = "other-7b"
url = "https://elsewhere.example/v1"

[[model]]
name = "local"
hub = "Qwen/Qwen2.5-0.5B-Instruct"
[model.extra]
min_p = 0.1

[roles]
proposer = "qwen"
solvers = ["qwen", "other"]
judges = "other"
auditor = ["other"]
probers = ["novice", "qwen"]
"""


def read(folder: Path, text: str) -> Catalogue:
    path = folder / "models.toml"
    path.write_text(text, encoding="utf-8")
    return read_catalogue(path)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QWEN_KEY", KEY)
    for name in (
        "PROPOUND_MODELS",
        "PROPOUND_ENDPOINT_URL",
        "PROPOUND_ENDPOINT_MODEL",
        "PROPOUND_ENDPOINT_KEY",
    ):
        monkeypatch.delenv(name, raising=False)


def test_a_file_says_it_all(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE)
    qwen = found.model("qwen")
    assert (qwen.served, qwen.url, qwen.family) == (
        "Qwen/Qwen3-4B-Instruct-2507",
        "http://host:8000/v1",
        "qwen3",
    )
    assert (qwen.concurrency, qwen.thought_tokens, qwen.answer_tokens) == (16, 8192, 2048)
    assert qwen.cost(1_000_000, 500_000) == 1.5
    assert qwen.extra == {"top_k": 20, "chat_template_kwargs": {"enable_thinking": True}}
    assert qwen.key == SecretStr(KEY)
    assert found.model("local").served == "Qwen/Qwen2.5-0.5B-Instruct"
    assert found.model("local").extra == {"min_p": 0.1}
    assert found.model("other").cost(10, 10) is None
    assert found.proposer() == found.teacher() == qwen
    assert [model.name for model in found.solving_models()] == ["qwen", "other"]
    assert [model.name for model in found.judges()] == ["other"]
    assert found.roles.probers == ("novice", "qwen")
    assert shared_families(found) == {"solvers": ("qwen",)}


@pytest.mark.parametrize(
    ("roles", "solving", "shared"),
    [
        ('proposer = "qwen"', ["qwen"], {"solvers": ("qwen",)}),
        (
            'proposer = "qwen"\njudges = ["other", "qwen"]',
            ["other", "qwen"],
            dict.fromkeys(("solvers", "judges"), ("qwen",)),
        ),
        (
            'proposer = "qwen"\njudges = ["qwen"]\nsolvers = ["other"]',
            ["other"],
            {"judges": ("qwen",)},
        ),
        ('judges = ["other"]', ["other"], {}),
        ("", [], {}),
    ],
)
def test_whoever_judges_solves_where_nobody_else_does(
    tmp_path: Path, roles: str, solving: list[str], shared: dict[str, tuple[str, ...]]
) -> None:
    found = read(tmp_path, f"{WHOLE.partition('[roles]')[0]}[roles]\n{roles}\n")
    assert [model.name for model in found.solving_models()] == solving
    assert shared_families(found) == shared


def test_a_key_is_in_nothing_that_is_shown_or_stored(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE)
    assert KEY not in repr(found) + str(found) + found.model_dump_json() + found.model("qwen").fingerprint


def model(*lines: str) -> str:
    return "\n".join(["[[model]]", 'name = "m"', 'served = "s"', *lines])


URL = 'url = "http://h/v1"'


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (model(URL, "speed = 3"), 5, "there is no key 'speed'; the keys are name, served, url"),
        (model(URL, f'key = "{KEY}"'), 5, "there is no key 'key'"),
        (model(URL, 'key_env = "NOT_THERE"'), 5, "key_env names NOT_THERE, which is not set"),
        (model(URL, f'key_env = "{KEY}"'), 5, "key_env is the name of the environment variable"),
        (model('url = "http://me:secret-pw@h/v1"'), 4, "url is the address alone"),
        (model('url = "http://h/v1?key=secret-pw"'), 4, "url is the address alone"),
        (model('url = "host:8000"'), 4, "url is the address alone"),
        (model('url = "http://h:99999/v1"'), 4, "url is the address alone"),
        (model(URL, 'hub = "a/b"'), 5, "it has url and hub: keep one of them"),
        (model(), 1, "it has no url, folder or hub"),
        (model('folder = "nowhere"'), 4, "there is no folder"),
        (model('hub = "a/b/c"'), 4, "hub is a name on the hub"),
        (model(URL, "concurrency = 0"), 5, "concurrency is a whole number from 1 to 1024"),
        (model(URL, 'concurrency = "8"'), 5, "concurrency is a whole number"),
        (model(URL, "concurrency = 2.5"), 5, "concurrency is a whole number"),
        (model(URL, "", "thought_tokens = -1"), 6, "thought_tokens is a whole number from 0"),
        (model(URL, "answer_tokens = true"), 5, "answer_tokens is a whole number from 1"),
        (model(URL, "prompt_price = -0.1"), 5, "prompt_price is a number from 0"),
        (model(URL, "completion_price = nan"), 5, "completion_price is a number from 0"),
        (model(URL, "silence_seconds = 0"), 5, "silence_seconds is a number from 1"),
        (model(URL, 'extra = "top_k"'), 5, "extra is a table of fields"),
        (model(URL, "[model.extra]", 'messages = "x"'), 5, "extra is a table of fields"),
        (model(URL, 'family = ""'), 5, "family is text"),
        (f'[[model]]\nname = "a b"\nserved = "s"\n{URL}', 2, "name is a name of yours"),
        (f'[[model]]\nserved = "s"\n{URL}', 1, "it has no name"),
        (f'[[model]]\nname = "m"\n{URL}', 1, "a model behind a url needs served"),
        (f"{model(URL)}\n{model(URL)}", 6, "two models are called 'm'"),
        (f"{model(URL)}\n[roles]\nproposer = 'x'", 6, "proposer names no model: 'x'; the models are m"),
        (f"{model(URL)}\n[roles]\nsolvers = ['m', 'x']", 6, "solvers names no model: 'x'"),
        (f"{model(URL)}\n[roles]\njudges = ['m', 'm']", 6, "judges names a model twice"),
        (f"{model(URL)}\n[roles]\nauditor = []", 6, "auditor is the name of one model"),
        (f"{model(URL)}\n[roles]\nsolvers = 3", 6, "solvers is the name of a model, or a list"),
        (f"{model(URL)}\n[roles]\n\nauthor = 'm'", 7, "there is no role 'author'; the roles are proposer"),
        (f"{model(URL)}\n[models]\n", 5, "the file holds [[model]] and [roles], not 'models'"),
        ("[model]\nname = 'm'", 1, "each model is a table of its own"),
    ],
)
def test_a_mistake_is_one_error_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(CatalogueError) as error:
        read(tmp_path, text)
    told = str(error.value)
    assert f"models.toml, line {line}: " in told
    assert said in told
    assert KEY not in told
    assert "secret-pw" not in told
    assert "\n" not in told
    assert isinstance(error.value, PropoundError)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[model]]\nname = \n", "it is not TOML: Invalid value (at line 2, column 8)"),
        ("[[model]]\nname = 'a'\nname = 'b'", "it is not TOML: Cannot overwrite a value"),
        ("", "it names no model"),
    ],
)
def test_what_is_no_list_of_models(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CatalogueError, match=r"models\.toml: ") as error:
        read(tmp_path, text)
    assert said in str(error.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"no\.toml cannot be read: No such file"):
        catalogue_of(Settings(models=tmp_path / "no.toml"))
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")
    with pytest.raises(CatalogueError, match=r"latin\.toml: it is not UTF-8"):
        catalogue_of(Settings(models=tmp_path / "latin.toml"))


def test_a_folder_is_found_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    found = read(tmp_path, '[[model]]\nname = "m"\nfolder = "weights"')
    assert found.model("m").folder == tmp_path / "weights"
    assert found.model("m").served == "m"


def test_one_url_is_one_model_in_all_roles() -> None:
    settings = Settings(
        endpoint_url="http://h/v1", endpoint_model="org/Model-7B:free", endpoint_key=SecretStr(KEY)
    )
    found = catalogue_of(settings)
    only = found.proposer()
    assert (only.name, only.served, only.key) == ("org/Model-7B:free", "org/Model-7B:free", SecretStr(KEY))
    assert found.judges() == found.solving_models() == (only,)
    assert found.model(found.roles.auditor or "") == only
    assert shared_families(found) == dict.fromkeys(("solvers", "judges", "auditor"), (only.name,))
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(endpoint_url="http://h/v1"), "PROPOUND_ENDPOINT_MODEL"),
        (Settings(endpoint_model="m"), "PROPOUND_ENDPOINT_URL"),
        (Settings(endpoint_url="ftp://h", endpoint_model="m"), "PROPOUND_ENDPOINT_URL is the address alone"),
        (Settings(endpoint_url="http://h", endpoint_model="m", models=Path("x")), "both set"),
    ],
)
def test_a_wrong_shorthand_is_told(settings: Settings, said: str) -> None:
    with pytest.raises(CatalogueError, match=said):
        catalogue_of(settings)


def test_without_models_there_are_none() -> None:
    found = catalogue_of(Settings())
    assert found == Catalogue()
    for ask in (found.proposer, found.teacher, lambda: found.model("m")):
        with pytest.raises(CatalogueError, match="PROPOUND_MODELS, or PROPOUND_ENDPOINT_URL"):
            ask()
