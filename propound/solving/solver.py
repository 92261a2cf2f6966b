"""Who tries a problem: reads the statement, and writes a program that prints the answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tokenizers import Tokenizer

from propound.models.purpose import Purpose
from propound.policy.chat import encode_message, end_token, generation_prefix
from propound.policy.checkpoint import BUNDLED, CheckpointError, load_checkpoint
from propound.policy.engine import ContextTooLongError, Engine
from propound.policy.engines import EngineKind, open_engine

SOLVERS = Path(__file__).with_name("solvers")
"""Solvers that come with the package, by name."""
TEMPERATURE = 0.7
MAX_TOKENS = 400
"""Most tokens of an attempt."""


class Solver(Protocol):
    """Writes attempts; safe to use from many threads at once."""

    @property
    def name(self) -> str:
        """For people."""

    @property
    def version(self) -> str:
        """Identity of whatever its attempts depend on, but for statement and seed."""

    def write(self, statement: str, seed: int, purpose: Purpose) -> str:
        """A program, equal for equal arguments; empty where none came about.

        Raises:
            EngineError: the engine is closed or broken.
        """

    def close(self) -> None:
        """Let go of the engine."""


@dataclass(frozen=True)
class LanguageSolver:
    """A language model that was trained on statements and short programs (`trainer.solvers`)."""

    engine: Engine
    tokenizer: Tokenizer
    name: str
    checkpoint: str
    """Version of the checkpoint."""
    temperature: float = TEMPERATURE
    max_tokens: int = MAX_TOKENS

    @property
    def version(self) -> str:
        """The checkpoint's, with how it decodes."""
        return version_of(self.checkpoint, self.temperature, self.max_tokens)

    def write(self, statement: str, seed: int, purpose: Purpose) -> str:  # noqa: ARG002
        """See `Solver.write`; a statement that does not fit, or a program that does not end, gives none."""
        context = encode_message(self.tokenizer, {"role": "user", "content": statement})
        try:
            completion = self.engine.complete(
                context + generation_prefix(self.tokenizer),
                seed=seed,
                temperature=self.temperature,
                max_tokens=self.max_tokens,
            )
        except ContextTooLongError:
            return ""
        *content, last = completion.token_ids
        if last != end_token(self.tokenizer):
            return ""
        text: str = self.tokenizer.decode(content, skip_special_tokens=False)
        return text

    def close(self) -> None:
        """Let go of the engine."""
        self.engine.close()


def version_of(checkpoint: str, temperature: float = TEMPERATURE, max_tokens: int = MAX_TOKENS) -> str:
    """The version of a solver: its checkpoint's, with how it decodes."""
    return f"{checkpoint}@{temperature:g}/{max_tokens}"


def open_solver(name_or_path: str, kind: EngineKind = EngineKind.EMBEDDED) -> LanguageSolver:
    """A solver by its folder, or by the name of one that comes with the package.

    Raises:
        CheckpointError: there is none, or it was changed.
        EngineError: the engine cannot run it.
    """
    checkpoint = load_checkpoint(solver_folder(name_or_path))
    engine = open_engine(kind, checkpoint.folder)
    return LanguageSolver(engine, checkpoint.tokenizer(), checkpoint.name, checkpoint.version)


def solver_folder(name_or_path: str) -> Path:
    """Where the solver is.

    Raises:
        CheckpointError: there is none.
    """
    for folder in (Path(name_or_path), SOLVERS / name_or_path, BUNDLED / name_or_path):
        if name_or_path and folder.is_dir():
            return folder
    known = ", ".join(sorted(each.name for each in SOLVERS.glob("*/"))) or "none"
    raise CheckpointError(f"no solver {name_or_path!r}: give a checkpoint's folder or one of: {known}")
