"""Rewards for replies to rows of our exports, in the forms that trainers call: verl, TRL and verifiers.

What they return is what `propound grade` says: 1.0 for a right reply, 0.0 for any other. Replies with a program run in
the sandbox of this machine; where it has none, they get no score at all.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from propound.errors import PropoundError, SandboxFailedError
from propound.sandbox import Sandbox, SandboxUnavailable, open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.solving.grading import AnswerKey, grade
from propound.solving.rows import key_of_ground_truth, key_of_row

SOURCE = "propound/"
"""How the `data_source` of our rows begins."""

_LOG = logging.getLogger("propound_reward")


class NoScoreError(PropoundError):
    """Nothing can be said about a reply; the message says why."""


def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Mapping[str, Any] | None = None, **_: Any
) -> float:
    """The reward for verl (`custom_reward_function.path`). Rows of others go to verl's own function.

    Raises:
        NoScoreError: the reply holds a program, and this machine has no sandbox, or that failed.
        ValueError: the row is none of an export of ours.
    """
    if not data_source.startswith(SOURCE):
        from verl.utils.reward_score import default_compute_score

        return default_compute_score(data_source, solution_str, ground_truth, extra_info)  # type: ignore[no-any-return]
    return _score(solution_str, key_of_ground_truth(ground_truth, extra_info or {}))


def propound_reward(completions: Sequence[Any], **columns: Any) -> list[float | None]:
    """The reward for TRL (`reward_funcs=[propound_reward]`): of the columns, `answer`, `answer_kind` and `info` count.

    A reply that cannot be scored gets None, which TRL leaves out.

    Raises:
        ValueError: a row is none of an export of ours.
    """
    names = [name for name in ("answer", "answer_kind", "info") if columns.get(name) is not None]
    keys = [key_of_row({name: columns[name][place] for name in names}) for place in range(len(completions))]
    replies = [_text(completion) for completion in completions]
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        both = list(zip(replies, keys, strict=True))
        running = [threads.submit(_try_score, *each) if each[1].coding else None for each in both]
        return [
            _try_score(reply, key) if program is None else program.result()
            for (reply, key), program in zip(both, running, strict=True)
        ]


def verifiers_reward(completion: Any, answer: str, info: Any = None, **_: Any) -> float:
    """The reward for verifiers (`Rubric(funcs=[verifiers_reward])`).

    Raises:
        NoScoreError: the reply holds a program, and this machine has no sandbox, or that failed.
        ValueError: the row is none of an export of ours.
    """
    return _score(_text(completion), key_of_row({"answer": answer, "info": info}))


def _score(reply: str, key: AnswerKey) -> float:
    sandbox = _sandbox(os.getpid()) if key.coding else None
    if isinstance(sandbox, NoScoreError):
        raise sandbox
    try:
        return grade(reply, key, sandbox).score
    except SandboxFailedError as error:
        raise NoScoreError(f"the sandbox failed: {error}") from None


def _try_score(reply: str, key: AnswerKey) -> float | None:
    try:
        return _score(reply, key)
    except NoScoreError as error:
        _LOG.warning("no score for a reply: %s", error)
        return None


@cache
def _sandbox(_process: int) -> Sandbox | NoScoreError:
    """The sandbox of this process, as a fork of it needs one of its own; or that there is none."""
    try:
        return PlacedSandbox(open_sandbox(os.environ.get("PROPOUND_SANDBOX_TIER") or None))
    except SandboxUnavailable as error:
        return NoScoreError(f"programs are not graded here. {error}")


def _text(completion: Any) -> str:
    """What a model wrote last: of a text, the text; of messages, the content of the last one, as text or in parts."""
    content = completion
    if isinstance(completion, Sequence) and not isinstance(completion, str):
        content = completion[-1] if completion else ""
    if isinstance(content, Mapping):
        content = content.get("content")
    elif not isinstance(content, str):
        content = getattr(content, "content", "")
    if isinstance(content, Sequence) and not isinstance(content, str):
        content = "".join(part.get("text") or "" for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""
