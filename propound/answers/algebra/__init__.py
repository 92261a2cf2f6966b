"""Decides what trees are worth: exactly where that is possible, by refutation and proof where it is not."""
