"""Replies in our own terms: what the parser of turns reads, and that storage gives back what it was given."""

from __future__ import annotations

import json

from propound.models.reply import Call, FinishReason, Reply, Tokens, Usage
from propound.trajectory import ActionKind
from propound.transcript import parse_turn


def test_a_turn_is_text_and_calls_without_the_thought() -> None:
    reply = Reply("I read it.", thought="or submit?", calls=(Call("read_skill", {"name": "fair-dice"}),))
    action = parse_turn(reply.turn)
    assert action.kind is ActionKind.READ
    assert action.thought == "I read it."
    assert "submit" not in reply.turn


def test_a_reply_survives_storage() -> None:
    reply = Reply(
        "a\u2028b",
        "so",
        (Call("exec", {"code": "1"}), Call("exec", "no JSON")),
        FinishReason.LENGTH,
        Usage(3, 4, None),
        Tokens((1, 2), (3,), (-0.125,)),
    )
    assert Reply.from_json(json.loads(json.dumps(reply.to_json()))) == reply
