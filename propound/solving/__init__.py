"""Attempts at a statement by solvers that see nothing else, and whether an attempt is right."""
