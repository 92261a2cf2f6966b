"""PostgreSQL and Redis from wheels, and the processes around them: one machine, nothing installed."""

from propound.embedded.servers import EmbeddedServers

__all__ = ["EmbeddedServers"]
