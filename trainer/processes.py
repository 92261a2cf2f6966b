"""Processes that work side by side and end with the one that began them, and files that survive their end."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread


def side_by_side(processes: int) -> ProcessPoolExecutor:
    """So many processes, each begun anew (a fork would inherit locks of PyTorch's threads).

    They end as soon as this one has, however it did: what they were at is taken up by the next call.
    """
    return ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    def watch() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=watch, daemon=True).start()


def write_whole(path: Path, text: str) -> None:
    """A file that is there is complete, whenever its writer is killed."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
