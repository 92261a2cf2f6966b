"""How asking a model can fail: the model's server is down, or this one request is at fault."""

from __future__ import annotations

from propound.errors import PropoundError, ServiceDownError


class ModelDownError(ServiceDownError):
    """Nobody answers, or only to say that it is busy or broken; all attempts are used up."""


class ModelRefusedError(ServiceDownError):
    """The server refuses whatever is asked: a wrong key, model or address. Waits until that is put right."""


class RequestError(PropoundError):
    """This one request came to nothing, and asking it again later would not help: its asker goes on without."""


class RequestRefusedError(RequestError):
    """A server that answers otherwise refuses this one request, for example because it is too long."""


class RequestFailedError(RequestError):
    """The server took this request and had no answer to it in any attempt: filtered, or empty; says its words."""
