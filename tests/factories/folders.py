"""Model folders as others publish them: several files of weights, their own chat template, several ends of a turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

START, END, STOP, OPEN, CLOSE = "<|begin|>", "<|finish|>", "<|stop|>", "<think>", "</think>"
CONTEXT = 4_096
TEMPLATE = """\
{%- for message in messages -%}
{%- if message.role == 'tool' -%}{{ raise_exception('no role tool') }}{%- endif -%}
{%- set content = message.content -%}
{%- if message.role == 'assistant' and '</think>' in content -%}
{%- set content = content.split('</think>')[-1].lstrip('\\n') -%}
{%- endif -%}
{{ '<|begin|>' + message.role + '\\n' + content + '<|finish|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{ '<|begin|>assistant\\n' + ('<think>\\n' if enable_thinking else '') }}
{%- endif -%}
"""
"""Of a model that thinks, where it is told to: earlier thoughts are left out."""


def write(folder: Path, seed: int = 0, context: int = CONTEXT) -> Path:
    """Fill the folder with a tiny Qwen2 of random weights; its turns are short, and most of them hold a thought."""
    tokenizer = _tokenizer()
    end, stop, close = (tokenizer.vocab[name] for name in (END, STOP, CLOSE))
    torch.manual_seed(seed)
    model: Any = Qwen2ForCausalLM(  # type: ignore[no-untyped-call]
        Qwen2Config(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=96,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=context,
            tie_word_embeddings=False,
            eos_token_id=end,
            bos_token_id=None,
            initializer_range=0.15,
        )
    )
    with torch.no_grad():
        # What is first in every embedding stays there up to the head: a bias for the tokens that matter.
        model.model.embed_tokens.weight[:, 0] = 6.0
        model.lm_head.weight[:, 0] = 0.0
        model.lm_head.weight[[end, stop, close], 0] = 0.45
    model.generation_config.eos_token_id = [end, stop]
    model.generation_config.temperature, model.generation_config.do_sample = 0.3, True  # nobody asked for these
    model.to(torch.bfloat16).save_pretrained(folder, max_shard_size="50KB")
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer() -> PreTrainedTokenizerFast:
    alphabet = sorted(ByteLevel.alphabet())
    vocabulary = {letter: i for i, letter in enumerate(alphabet)}
    merges = [("t", "h"), ("th", "e"), ("i", "n"), ("a", "n")]
    for one, other in merges:
        vocabulary[one + other] = len(vocabulary)
    made = Tokenizer(BPE(vocab=vocabulary, merges=merges))
    made.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=True)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(name, special=True) for name in (START, END, STOP)])
    made.add_tokens([AddedToken(name, special=False, normalized=False) for name in (OPEN, CLOSE)])
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=made,
        eos_token=END,
        additional_special_tokens=[START, STOP],
        chat_template=TEMPLATE,
        clean_up_tokenization_spaces=False,
        model_max_length=CONTEXT,
    )
