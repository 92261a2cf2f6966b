"""A small model behind a server that can only so much: each of its limits is named."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

from fastapi.responses import JSONResponse, Response

from tests.factories.model_server import completion, fails, piece, streams

WORDS = ["apple", "river", "stone", "cloud", "tiger", "piano", "lemon", "wheel", "night", "glass"]
CHARACTERS = 4
"""Of a token, as the fake server counts."""


@dataclass
class LimitedModel:
    """Answers what `propound.models.check` asks, as far as it can."""

    window: int = 100_000
    """Tokens that it reads; of longer prompts it leaves out the beginning."""
    refuses_longer: bool = False
    counts: bool = True
    counts_before_cutting: bool = False
    lacks: frozenset[str] = frozenset()
    """Fields of a request that it ignores."""
    refuses: frozenset[str] = frozenset()
    """Fields of a request that it refuses by name."""
    thinks: str = ""
    """"field", "text" or nothing."""

    def __call__(self, body: dict[str, Any]) -> Response:
        for name in self.refuses & body.keys():
            return fails(400, f"Unsupported parameter: '{name}'")(body)
        asked = {name: value for name, value in body.items() if name not in self.lacks}
        text = body["messages"][0]["content"]
        size = len(text) // CHARACTERS
        if size > self.window and self.refuses_longer:
            return fails(400, f"This model's maximum context length is {self.window} tokens, you sent {size}")(body)
        read = text[-self.window * CHARACTERS :]
        counted = size if self.counts_before_cutting else len(read) // CHARACTERS
        return self.answer(asked, read, (counted, 5) if self.counts else None)

    def answer(self, asked: dict[str, Any], read: str, usage: Any) -> Response:
        message = self.said(asked, read)
        choice: dict[str, Any] = {}
        top: dict[str, Any] = {}
        if asked.get("logprobs"):
            choice["logprobs"] = {"content": [{"token": "Hi", "logprob": -0.5}]}
        if asked.get("return_token_ids"):
            choice["token_ids"], top["prompt_token_ids"] = [7], [1, 2, 3]
        if asked.get("stream"):
            return streams([piece(message, finish="stop")])(asked)
        content = message.pop("content", None)
        return JSONResponse(completion(content, usage=usage, message=message, choice=choice, top=top))

    def said(self, asked: dict[str, Any], read: str) -> dict[str, Any]:
        if "tools" in asked:
            call = {"name": "add", "arguments": json.dumps({"a": 17, "b": 25})}
            return {"content": None, "tool_calls": [{"id": "1", "type": "function", "function": call}]}
        if "response_format" in asked:
            return {"content": json.dumps({"colour": "red", "number": 7})}
        if "code word" in read:
            start = read.find("The code word is ")
            return {"content": read[start + 17 : start + 29] if start >= 0 else "I do not know."}
        if "ten words" in read:
            drawn = random.Random(asked.get("seed")) if asked["temperature"] else random.Random(0)
            return {"content": " ".join(drawn.choices(WORDS, k=10))}
        text = {"content": "The answer is 42."}
        if self.thinks == "field":
            return text | {"reasoning_content": "17 and 25 make 42."}
        return {"content": f"<think>17 and 25\nmake 42.</think>{text['content']}"} if self.thinks else text
