"""Checkpoints: what training made, and which of it proposes."""
