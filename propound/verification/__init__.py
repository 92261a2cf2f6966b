"""Programmatic checks, answer comparison and the committee: what decides that a problem is valid."""
