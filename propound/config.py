"""All settings, read from the environment (`PROPOUND_*`); the defaults work on one machine."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Few settings, vetted defaults. Every one is documented in docs/reference/settings.md (a test holds that)."""

    model_config = SettingsConfigDict(env_prefix="PROPOUND_", frozen=True)

    database_url: str | None = Field(
        default=None,
        description="PostgreSQL, as postgresql://user:password@host/name; unset: the embedded one.",
    )
    redis_url: str | None = Field(
        default=None, description="Redis, as redis://host:6379/0; unset: the embedded one."
    )
    home: Path = Field(
        default=Path(".propound"), description="Folder of the embedded servers' data, logs and exports."
    )
    host: str = Field(default="127.0.0.1", description="Address that the API listens on.")
    port: int = Field(default=8321, ge=0, le=65535, description="Port that the API listens on.")
    concurrency: int = Field(default=2, ge=1, le=256, description="Processes of a generation worker.")
    lease_seconds: float = Field(
        default=60.0, gt=0, description="How long a claimed shard stays claimed without a sign of life."
    )
    shard_specs: int = Field(
        default=4, ge=1, le=64, description="Specs in one shard of work; one where models are slow."
    )
    max_steps: int = Field(default=24, ge=2, le=200, description="Step budget of one episode.")
    policy: str = Field(
        default="live",
        description="Who proposes: live, scripted, model (the one with that role), a bundled checkpoint's name, or a "
        "checkpoint's folder.",
    )
    engine: Literal["embedded", "transformers", "vllm"] = Field(
        default="embedded", description="What runs a checkpoint."
    )
    temperature: float = Field(default=0.7, ge=0, le=2, description="At which a language model proposes.")
    episodes_in_flight: int = Field(
        default=32,
        ge=1,
        le=1024,
        description="Episodes that a process has under way with a checkpoint; a model's server sets its own pace.",
    )
    sandbox_tier: str | None = Field(
        default=None, description="Force an isolation tier instead of the best one that the machine has."
    )
    models: Path | None = Field(
        default=None, description="A TOML file of language models and their roles."
    )
    endpoint_url: str | None = Field(
        default=None, description="Shorthand for one model in all roles: an OpenAI-compatible server, as http://host:8000/v1."
    )
    endpoint_model: str | None = Field(
        default=None, description="The name under which that server knows its model."
    )
    endpoint_key: SecretStr | None = Field(default=None, description="That server's API key.")
    endpoint_concurrency: int = Field(
        default=8, ge=1, le=1024, description="Most requests that a process has on their way to the endpoint."
    )
    endpoint_prompt_price: float | None = Field(
        default=None, ge=0, description="Of a million prompt tokens, for the ledger."
    )
    endpoint_completion_price: float | None = Field(
        default=None, ge=0, description="Of a million completion tokens, for the ledger."
    )
    probers: str | None = Field(
        default=None,
        description="Solvers that measure difficulty, from weak to strong, with commas between: names of bundled "
        "ones or of models, or checkpoints' folders; unset: the role in PROPOUND_MODELS.",
    )
    prober_engine: Literal["embedded", "transformers", "vllm"] = Field(
        default="embedded", description="What runs the solvers."
    )
    judges: int | None = Field(
        default=None,
        ge=0,
        le=3,
        description="Seats of the committee that go to model judges; unset: all where a file of models names judges.",
    )

    @property
    def prober_names(self) -> tuple[str, ...]:
        """What `probers` lists, from weak to strong."""
        return tuple(name.strip() for name in (self.probers or "").split(",") if name.strip())


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
