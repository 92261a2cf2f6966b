"""Whatever a program leaves on the disk goes away, and nothing else does."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from propound.sandbox.inside.removal import remove_tree
from propound.sandbox.workspace import workspace

MODES = st.integers(0, 0o777)


def test_a_workspace_is_private_and_temporary() -> None:
    with workspace() as folder:
        assert Path(folder).stat().st_mode & 0o777 == 0o700
        (Path(folder) / "x").write_text("x")
    assert not Path(folder).exists()


def test_a_folder_that_is_gone_is_no_error(tmp_path: Path) -> None:
    remove_tree(str(tmp_path / "gone"))


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    victim, tree = tmp_path / "victim", tmp_path / "tree"
    victim.mkdir()
    (victim / "kept").write_text("kept")
    (tree / "inner").mkdir(parents=True)
    (tree / "link").symlink_to(victim)
    (tree / "inner" / "link").symlink_to(victim)
    (tree / "dangling").symlink_to("/nowhere")
    remove_tree(str(tree))
    assert not tree.exists()
    assert (victim / "kept").read_text() == "kept"


def test_depth_beyond_recursion_and_path_length(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    descriptor = os.open(tree, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)
    remove_tree(str(tree))
    assert not tree.exists()


@settings(max_examples=30)
@given(paths=st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), max_size=20), mode=MODES)
def test_any_tree_is_removed(paths: list[list[str]], mode: int) -> None:
    tree = Path(tempfile.mkdtemp())
    for parts in paths:
        tree.joinpath(*parts).mkdir(parents=True, exist_ok=True)
        (tree.joinpath(*parts) / "file").write_text("x")
    for parts in paths:
        if (folder := tree.joinpath(*parts)).exists():
            folder.chmod(mode if os.geteuid() == 0 else mode | 0o300)
    remove_tree(str(tree))
    assert not tree.exists()
