"""Requests in, datasets out: the REST service. It reads and writes rows; the workers do the work."""
