"""Language models behind an OpenAI-compatible server: as proposer, teacher, judge or prober."""

from propound.policy.endpoint.endpoint import Endpoint, endpoint_of
from propound.policy.endpoint.errors import EndpointDownError, EndpointRefusedError, RequestRefusedError
from propound.policy.endpoint.policy import EndpointPolicy
from propound.policy.endpoint.reply import Reply, Tokens

__all__ = [
    "Endpoint",
    "EndpointDownError",
    "EndpointPolicy",
    "EndpointRefusedError",
    "Reply",
    "RequestRefusedError",
    "Tokens",
    "endpoint_of",
]
