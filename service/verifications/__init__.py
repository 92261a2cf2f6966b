"""Verifications of rows that somebody brings."""
