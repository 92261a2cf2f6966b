"""Where the API is and which key opens it: from options, the environment, or what `propound up` left here."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from propound.client import Client
from propound.config import settings
from propound.embedded.servers import write_private
from propound.errors import PropoundError

CREDENTIALS = "credentials.json"


class NoCredentialsError(PropoundError):
    """No key is known."""


def connect(url: str | None, key: str | None) -> Client:
    """A client of the API.

    Args:
        url: address of the API; None for the one that `propound up` runs here.
        key: an API key; None for the one that `propound up` made here at its first start.

    Raises:
        NoCredentialsError: there is none.
    """
    saved = load_credentials(settings().home)
    url = url or saved.get("url") or f"http://127.0.0.1:{settings().port}"
    if key is None and url == saved.get("url"):
        key = saved.get("key")  # never sent to an address that it was not made for
    if key is None:
        raise NoCredentialsError(
            "no API key: set PROPOUND_API_KEY (and PROPOUND_URL), or run `propound up` in this folder, which makes "
            "the first key"
        )
    return Client(url, key)


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
