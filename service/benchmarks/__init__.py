"""Benchmarks: what datasets keep clear of."""
