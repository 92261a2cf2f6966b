"""`propound models ask`: one message to a model, and what came back of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from propound.cli.accounting import accounted
from propound.cli.output import complain, console, plain, print_json
from propound.config import settings
from propound.errors import PropoundError
from propound.models.client import cut_off
from propound.models.configured import catalogue_of
from propound.models.purpose import Purpose, Role
from propound.models.registry import open_client, release_client
from propound.models.reply import Reply


def run(name: str, text: str, *, max_tokens: int | None, temperature: float, seed: int, as_json: bool) -> bool:
    """Ask, and print; whether there was an answer.

    Raises:
        CatalogueError: the file of models is wrong, or names none of that name.
    """
    model = catalogue_of(settings()).model(name)
    try:
        with accounted("models ask") as origin:
            client = open_client(model)
            try:
                reply = client.ask(
                    [{"role": "user", "content": text}],
                    purpose=Purpose(origin=origin, role=Role.CORRESPONDENT),
                    seed=seed,
                    temperature=temperature,
                    max_tokens=max_tokens,
                )
            finally:
                release_client(client)
    except PropoundError as error:
        if as_json:
            print_json(told(None, str(error)))
        else:
            complain(error)
        return False
    if as_json:
        print_json(told(reply, cut_off(reply)))
    else:
        _show(reply)
    return True


def told(reply: Reply | None, error: str | None) -> dict[str, Any]:
    """The object that programs read; `error` says why there is no answer, or not a whole one."""
    return {
        "text": reply.text if reply else "",
        "thought": reply.thought if reply else "",
        "calls": [asdict(call) for call in reply.calls] if reply else [],
        "finish_reason": reply.finish_reason.value if reply else None,
        "usage": asdict(reply.usage) if reply else None,
        "error": error,
    }


def _show(reply: Reply) -> None:
    aside = console(to_error=True)
    if reply.thought:
        aside.print(plain(f"(thought) {reply.thought}"))
    if (cut := cut_off(reply)) is not None:
        aside.print(plain(cut))
    console().print(plain(reply.turn))
