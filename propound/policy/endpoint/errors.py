"""How a request to an endpoint can fail; a bad answer is no failure, it is a `Reply`."""

from __future__ import annotations

from propound.errors import PropoundError, ServiceDownError


class EndpointDownError(ServiceDownError):
    """Nobody answers, or only to say that it is busy or broken; all attempts are used up."""


class EndpointRefusedError(ServiceDownError):
    """The server refuses whatever is asked: a wrong key, model or address. Waits until that is put right."""


class RequestRefusedError(PropoundError):
    """A server that answers otherwise refuses this one request, for example because it is too long."""
