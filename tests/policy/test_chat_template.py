"""Our chat template renders a trajectory as Qwen3 and vLLM's Hermes parser expect it."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment as Jinja

TEMPLATE = files("propound.policy").joinpath("chat_template.jinja").read_text(encoding="utf-8")


def _render(messages: list[dict[str, str]], *, generate: bool = False) -> str:
    return (
        Jinja(autoescape=False)
        .from_string(TEMPLATE)
        .render(messages=messages, add_generation_prompt=generate)
    )


def test_messages_render_exactly() -> None:
    messages = [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "U"},
        {"role": "assistant", "content": "A"},
        {"role": "tool", "name": "exec", "content": "T"},
    ]
    assert _render(messages, generate=True) == (
        "<|im_start|>system\nS<|im_end|>\n"
        "<|im_start|>user\nU<|im_end|>\n"
        "<|im_start|>assistant\nA<|im_end|>\n"
        "<|im_start|>user\n<tool_response>\nT\n</tool_response><|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_a_conversation_is_a_prefix_of_its_continuation() -> None:
    messages = [{"role": "user", "content": "U"}, {"role": "assistant", "content": "A"}]
    longer = [*messages, {"role": "tool", "name": "exec", "content": "T"}]
    assert _render(longer).startswith(_render(messages))
