"""Reading the TOML file of PROPOUND_MODELS, for people who write one: each mistake is one error with line and field."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from propound.models.catalogue import LOCATIONS, NAME, RIGHT, Catalogue, CatalogueError, Model, Roles

_ONE = ("proposer", "auditor", "teacher")
_SEVERAL = ("solvers", "judges", "probers")
_HEADER = re.compile(r"\s*\[+\s*[\"']?[A-Za-z]")


def read_catalogue(path: Path) -> Catalogue:
    """The catalogue in a file; the keys are read from the environment.

    Raises:
        CatalogueError: it cannot be read, or is wrong somewhere.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise CatalogueError(f"PROPOUND_MODELS: {path} cannot be read: {error.strerror}") from None
    except ValueError as error:  # not UTF-8, or not TOML: tomllib names line and column
        said = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else f"it is not TOML: {error}"
        raise CatalogueError(f"{path}: {said}") from None
    return _Reading(path, text).catalogue(data)


class _Reading:
    """One file, with what it takes to say where in it something is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()

    def catalogue(self, data: Mapping[str, Any]) -> Catalogue:
        for key in data.keys() - {"model", "roles"}:
            raise self._wrong("", 0, key, f"the file holds [[model]] and [roles], not {key[:60]!r}")
        tables = data.get("model", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self._wrong("", 0, "model", "each model is a table of its own, that begins with [[model]]")
        if not tables:
            raise CatalogueError(f"{self._path}: it names no model; one begins with [[model]]")
        models: list[Model] = []
        for number, table in enumerate(tables):
            model = self._model(number, table)
            if any(model.name == other.name for other in models):
                raise self._wrong("model", number, "name", f"two models are called {model.name!r}")
            models.append(model)
        return Catalogue(
            models=tuple(models), roles=self._roles(data.get("roles", {}), models), source=str(self._path)
        )

    def _model(self, number: int, table: Mapping[str, Any]) -> Model:
        def wrong(key: str, said: str) -> CatalogueError:
            name = table.get("name")
            whose = f"model {name!r}: " if isinstance(name, str) and NAME.fullmatch(name) else ""
            return self._wrong("model", number, key, whose + said)

        if (mistake := _mistake(table)) is not None:
            raise wrong(*mistake)
        try:
            model = Model.model_validate(dict(table))
        except ValidationError as error:
            key = str(error.errors()[0]["loc"][0])
            raise wrong(key, f"{key} is {RIGHT[key]}") from None
        if model.folder is not None:
            folder = (self._path.parent / model.folder.expanduser()).resolve()
            if not folder.is_dir():
                raise wrong("folder", f"folder is {RIGHT['folder']}; there is no folder {folder}")
            model = model.model_copy(update={"folder": folder})
        if model.key_env is not None:
            key = os.environ.get(model.key_env, "")
            if not key.strip():
                raise wrong("key_env", f"key_env names {model.key_env}, which is not set")
            if not (key.isascii() and key.strip().isprintable()):
                raise wrong("key_env", f"{model.key_env} holds signs that no key has")
            model = model.model_copy(update={"key": SecretStr(key.strip())})
        return model if model.served else model.model_copy(update={"served": model.hub or model.name})

    def _roles(self, table: Any, models: list[Model]) -> Roles:
        if not isinstance(table, dict):
            raise self._wrong("", 0, "roles", "roles is a table, that begins with [roles]")
        known = {model.name for model in models}
        found: dict[str, Any] = {}
        for role, value in table.items():
            if role not in (*_ONE, *_SEVERAL):
                raise self._wrong(
                    "roles",
                    0,
                    role,
                    f"there is no role {role[:60]!r}; the roles are {', '.join((*_ONE, *_SEVERAL))}",
                )
            names = [value] if isinstance(value, str) else value
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise self._wrong("roles", 0, role, f"{role} is the name of a model, or a list of names")
            if role in _ONE and len(names) != 1:
                raise self._wrong("roles", 0, role, f"{role} is the name of one model")
            for name in names if role != "probers" else ():
                if name not in known:
                    said = f"{role} names no model: {name[:60]!r}; the models are {', '.join(sorted(known))}"
                    raise self._wrong("roles", 0, role, said)
            if len(set(names)) != len(names):
                raise self._wrong("roles", 0, role, f"{role} names a model twice")
            found[role] = names[0] if role in _ONE else tuple(names)
        return Roles(**found)

    def _wrong(self, table: str, number: int, key: str, said: str) -> CatalogueError:
        return CatalogueError(f"{self._path}, line {self._line(table, number, key)}: {said}")

    def _line(self, table: str, number: int, key: str) -> int:
        """The line of a key within the number-th table of that name, or where that table begins.

        TOML's reader gives no lines for what is well formed, so they are looked up as a person would: the header,
        then the first line below it that begins with the key.
        """
        header = re.compile(rf"\s*\[+\s*{table}\s*\]+")
        headers = [at for at, line in enumerate(self._lines) if header.match(line)]
        begins = headers[number] if table and number < len(headers) else 0
        field = re.compile(rf"\s*(?:\[+\s*)?(?:{table}\.)?[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
        for at in range(begins, len(self._lines)) if key else ():
            line = self._lines[at]
            if table and at > begins and _HEADER.match(line) and f"{table}." not in line:
                break
            if field.match(line) and not (table and at == begins):
                return at + 1
        return begins + 1


def _mistake(table: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is wrong with the keys of a model's table: the key, and what to say; None if nothing is."""
    keys = [key for key in RIGHT if key != "key"]
    for key in table:
        if key not in keys:
            return key, f"there is no key {key[:60]!r}; the keys are {', '.join(keys)}"
    if "name" not in table:
        return "", "it has no name"
    located = [key for key in LOCATIONS if key in table]
    if not located:
        return "", "it has no url, folder or hub"
    if len(located) > 1:
        return located[-1], f"it has {' and '.join(located)}: keep one of them"
    if "url" in table and not table.get("served"):
        return "served", "a model behind a url needs served, the name under which the server knows it"
    for key in ("name", "served", "folder", "hub", "key_env", "family"):
        if key in table and not (isinstance(table[key], str) and table[key].strip()):
            return key, f"{key} is {RIGHT[key]}"
    return None
