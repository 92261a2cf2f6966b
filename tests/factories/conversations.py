"""Conversations to train on, and a tokenizer for them: small, and without a model's or an environment's help."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path

from tokenizers import Tokenizer

from trainer.tokenizer import train_tokenizer


def conversation(seed: int) -> list[dict[str, str]]:
    """A sum that is asked for, drawn and answered."""
    rng = random.Random(seed)
    first, second = rng.randrange(100), rng.randrange(100)
    return [
        {"role": "system", "content": "You add."},
        {"role": "user", "content": f"Add {first} and {second}."},
        *(
            message
            for turn in range(rng.randrange(3))
            for message in (
                {
                    "role": "assistant",
                    "content": f'Once more.\n<tool_call>\n{{"turn": {turn}}}\n</tool_call>',
                },
                {"role": "tool", "name": "count", "content": f"{turn} done"},
            )
        ),
        {"role": "assistant", "content": f"The sum is {first + second}."},
    ]


def write(path: Path, count: int) -> Path:
    """A file of conversations."""
    path.write_text("".join(json.dumps({"messages": conversation(seed)}) + "\n" for seed in range(count)))
    return path


@cache
def tokenizer() -> Tokenizer:
    """A tokenizer that was trained on conversations."""
    return train_tokenizer((each["content"] for seed in range(40) for each in conversation(seed)), 320)
