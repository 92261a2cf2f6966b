"""Nothing that a model or a user wrote can play tricks on a terminal."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from propound.cli.output import plain, table


def shown(what: object) -> str:
    stream = io.StringIO()
    Console(file=stream, force_terminal=True, color_system=None, width=200, soft_wrap=True).print(what)
    return stream.getvalue()


@given(st.text())
def test_no_control_sign_reaches_the_terminal(text: str) -> None:
    assert all(sign == "\n" or sign.isprintable() for sign in plain(text).plain)


def test_escapes_and_markup_stay_text() -> None:
    assert shown(plain("\x1b]0;owned\x07[red]x[/red]")) == "\ufffd]0;owned\ufffd[red]x[/red]\n"
    assert "[bold]" in shown(table(["a"], [["[bold]x"]]))


@given(st.text(min_size=1), st.integers(min_value=1, max_value=50))
def test_long_text_is_cut(text: str, longest: int) -> None:
    assert len(plain(text, longest=longest).plain) <= longest
