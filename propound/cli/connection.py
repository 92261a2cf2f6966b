"""Where the API is and which key opens it: from options, the environment, or what `propound up` left here."""

from __future__ import annotations

from propound.client import Client
from propound.config import settings
from propound.embedded.credentials import load_credentials
from propound.errors import PropoundError


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
