"""Datasets: what jobs have filled, problem by problem, and as one file."""
