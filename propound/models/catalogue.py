"""The models that this installation may ask, and their roles: from the file of PROPOUND_MODELS, or from one URL."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from propound.errors import PropoundError
from propound.record import Record, digest

LOCATIONS = ("url", "folder", "hub")
"""Where a model is; exactly one of them."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,99}")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
RIGHT = {
    "name": 'a name of yours, as "qwen": letters, digits and ._-/:@+',
    "served": 'the name under which the server knows it, as "Qwen/Qwen3-4B"',
    "url": 'the address alone, as "http://host:8000/v1": a key goes into the variable that key_env names',
    "folder": "the path of a folder in Hugging Face's format",
    "hub": 'a name on the hub, as "Qwen/Qwen3-4B"',
    "key_env": 'the name of the environment variable that holds the key, as "QWEN_KEY": capitals, digits and _',
    "family": 'text, as "qwen3"',
    "concurrency": "a whole number from 1 to 1024",
    "thought_tokens": "a whole number from 0 to 1000000",
    "answer_tokens": "a whole number from 1 to 1000000",
    "prompt_price": "a number from 0: of a million tokens",
    "completion_price": "a number from 0: of a million tokens",
    "silence_seconds": "a number from 1 to 86400",
    "key": "a key: ASCII signs alone",
    "extra": "a table of fields that go with every request, as { top_k = 20 }",
}
"""What each key of a model holds."""

_PROTECTED = frozenset({"model", "messages", "stream"})


class CatalogueError(PropoundError, ValueError):
    """The models or roles are not as they have to be; the message names line and field, and never a key."""


class Model(Record):
    """One model: where it is, and how it is asked."""

    name: str = Field(pattern=f"^(?:{NAME.pattern})$")
    """Ours."""
    served: str = Field(default="", max_length=300)
    """The server's; for a folder or a hub name our own."""
    url: str | None = None
    folder: Path | None = None
    """In Hugging Face's format; this installation runs it itself."""
    hub: str | None = Field(default=None, pattern=r"^[\w.-]+(/[\w.-]+)?$")
    key_env: str | None = None
    key: SecretStr | None = Field(default=None, exclude=True, repr=False)
    """What stood in that variable."""
    family: str | None = Field(default=None, min_length=1, max_length=100)
    """Models of one family err together; None: nobody said."""
    concurrency: int = Field(default=8, ge=1, le=1024, strict=True)
    """Most requests of a process that are on their way at once."""
    thought_tokens: int = Field(default=0, ge=0, le=1_000_000, strict=True)
    """Budget of a thought, on top of the answer's; 0 for a model that answers at once."""
    answer_tokens: int = Field(default=4_096, ge=1, le=1_000_000, strict=True)
    prompt_price: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Of a million tokens; None: nobody knows."""
    completion_price: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    silence_seconds: float = Field(default=300.0, ge=1, le=86_400, allow_inf_nan=False)
    """Without a byte for so long, a request has failed; a server that does not stream is silent until it answers."""
    extra: dict[str, Any] = Field(default_factory=dict)
    """Fields that go with every request; they win over ours."""

    @field_validator("url")
    @classmethod
    def _is_address_alone(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or any(sign.isspace() for sign in url):
            raise ValueError("no address")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("more than an address")
        _ = parts.port  # raises ValueError
        return url.rstrip("/")

    @field_validator("key_env")
    @classmethod
    def _is_variable(cls, name: str | None) -> str | None:
        if name is not None and _VARIABLE.fullmatch(name) is None:
            raise ValueError("no name of a variable")
        return name

    @field_validator("key")
    @classmethod
    def _fits_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not (
            key.get_secret_value().isascii() and key.get_secret_value().isprintable()
        ):
            raise ValueError("no key")
        return key

    @field_validator("extra")
    @classmethod
    def _leaves_ours(cls, extra: dict[str, Any]) -> dict[str, Any]:
        if _PROTECTED & extra.keys():
            raise ValueError("fields that are not for changing")
        return extra

    def is_same(self, other: Model) -> bool:
        """Whether both are one model, under whatever name of ours."""
        return self.name == other.name or bool(self.served and self.served == other.served)

    @property
    def is_local(self) -> bool:
        """Whether this installation runs it itself; its server then tells log-probabilities as they were drawn from."""
        return self.folder is not None or self.hub is not None

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits of what its answers depend on, besides what it is asked."""
        told = self.model_dump(mode="json", include={"thought_tokens", "answer_tokens", "extra"})
        return digest([self.served or self.name, told])[:12]

    def cost(self, prompt_tokens: int | None, completion_tokens: int | None) -> float | None:
        """What so many tokens cost; None where a price or a count is not known."""
        if None in (self.prompt_price, self.completion_price, prompt_tokens, completion_tokens):
            return None
        return (self.prompt_price * prompt_tokens + self.completion_price * completion_tokens) / 1e6  # type: ignore[operator]


class Roles(Record):
    """Names of models by what they do."""

    proposer: str | None = None
    solvers: tuple[str, ...] = ()
    """Who solves problems again; unset: the judges, and where there are none the proposer."""
    judges: tuple[str, ...] = ()
    auditor: str | None = None
    probers: tuple[str, ...] = ()
    """From weak to strong; bundled solvers' names and checkpoints' folders count, too."""
    teacher: str | None = None
    """Who writes skill cards; unset: the proposer."""


class Catalogue(Record):
    """All models that may be asked."""

    models: tuple[Model, ...] = ()
    roles: Roles = Roles()
    source: str | None = None
    """The file; None for the shorthand, or for nothing at all."""

    def model(self, name: str) -> Model:
        """The model of that name.

        Raises:
            CatalogueError: there is none.
        """
        found = next((model for model in self.models if model.name == name), None)
        if found is None:
            known = ", ".join(model.name for model in self.models)
            raise CatalogueError(
                f"no model {name[:100]!r}; the models are {known}"
                if known
                else f"no model {name[:100]!r}: {NOTHING}"
            )
        return found

    def local_models(self) -> tuple[Model, ...]:
        """Models with a role that this installation runs itself, in the file's order."""
        roles = self.roles
        named = {roles.proposer, roles.teacher, roles.auditor, *roles.solvers, *roles.judges, *roles.probers}
        return tuple(model for model in self.models if model.is_local and model.name in named)

    def proposer(self) -> Model:
        """Who proposes.

        Raises:
            CatalogueError: nobody does.
        """
        return self._one("proposer", self.roles.proposer)

    def teacher(self) -> Model:
        """Who writes skill cards.

        Raises:
            CatalogueError: nobody does.
        """
        return self._one("teacher", self.roles.teacher or self.roles.proposer)

    def judges(self) -> tuple[Model, ...]:
        """Who judges, in the file's order."""
        return tuple(map(self.model, self.roles.judges))

    def auditor(self) -> Model | None:
        """Who looks again where judges do not agree; None: nobody."""
        return self.model(self.roles.auditor) if self.roles.auditor else None

    def solving_models(self) -> tuple[Model, ...]:
        """Who solves problems of open mode again: the solvers, else the judges, else the proposer; in their order."""
        roles = self.roles
        names = roles.solvers or roles.judges or ((roles.proposer,) if roles.proposer else ())
        return tuple(self.model(name) for name in dict.fromkeys(names))

    def _one(self, role: str, name: str | None) -> Model:
        if name is None:
            raise self.missing(role)
        return self.model(name)

    def missing(self, role: str) -> CatalogueError:
        """What to say where no model has a role that is needed."""
        if self.source is None:
            return CatalogueError(NOTHING)
        return CatalogueError(f"no model has the role {role}: name one under [roles] in {self.source}")


NOTHING = "a model needs PROPOUND_MODELS, or PROPOUND_ENDPOINT_URL and PROPOUND_ENDPOINT_MODEL"


def shared_families(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """Verifying roles that models of the proposer's own family have, with their names; such models err together."""
    if catalogue.roles.proposer is None:
        return {}
    proposer = catalogue.proposer()
    named = {
        "solvers": tuple(model.name for model in catalogue.solving_models()),
        "judges": catalogue.roles.judges,
        "auditor": (catalogue.roles.auditor,) if catalogue.roles.auditor else (),
    }
    found = {
        role: tuple(name for name in names if _are_kin(proposer, catalogue.model(name)))
        for role, names in named.items()
    }
    return {role: names for role, names in found.items() if names}


def _are_kin(one: Model, other: Model) -> bool:
    return one.is_same(other) or (one.family is not None and one.family == other.family)
