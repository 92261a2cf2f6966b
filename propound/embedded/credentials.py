"""The address and key that the commands of a folder use, kept where only its owner can read them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from propound.embedded.servers import write_private

CREDENTIALS = "credentials.json"


def load_credentials(home: Path) -> dict[str, str]:
    """What `save_credentials` kept, or nothing; a file that others could write is not trusted."""
    path = home / CREDENTIALS
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o022:
            return {}
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return {name: text for name, text in value.items() if isinstance(text, str)} if isinstance(value, dict) else {}


def save_credentials(home: Path, url: str, key: str) -> Path:
    """Keep address and key where only this user can read them."""
    path = home / CREDENTIALS
    write_private(path, json.dumps({"url": url, "key": key}) + "\n")
    return path
