"""Signals raise once, in the right place, and never disturb what stops everything."""

from __future__ import annotations

import os
import signal

import pytest

from propound.embedded.interruption import SIGNALS, Interrupted, Interruption


def send(signum: signal.Signals) -> None:
    os.kill(os.getpid(), signum)


@pytest.mark.parametrize("signum", SIGNALS)
def test_first_signal_raises_and_later_ones_do_nothing(signum: signal.Signals) -> None:
    before = signal.getsignal(signum)
    reached = []

    def interrupted() -> None:
        with Interruption():
            try:
                send(signum)
            finally:
                for again in SIGNALS:
                    send(again)
                reached.append("the end")

    with pytest.raises(Interrupted) as caught:
        interrupted()
    assert reached == ["the end"]
    assert caught.value.exit_code == 128 + signum
    assert signal.getsignal(signum) is before


def test_deferred_until_the_outermost_block_ends() -> None:
    reached = []

    def interrupted() -> None:
        with Interruption():
            with Interruption.deferred():
                with Interruption.deferred():
                    send(signal.SIGTERM)
                    reached.append("inner")
                reached.append("outer")
            reached.append("never")

    with pytest.raises(Interrupted):
        interrupted()
    assert reached == ["inner", "outer"]


def test_broad_handlers_do_not_swallow_it() -> None:
    assert not issubclass(Interrupted, Exception)


def test_deferring_without_an_interruption_changes_nothing() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption.deferred():
        pass
    assert signal.getsignal(signal.SIGINT) is before
