"""Proposing: the environment (draft -> check -> refine -> finalize) and the rollout loop."""
