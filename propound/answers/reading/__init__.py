"""Text to small trees: strict, bounded, and without any library that evaluates."""
