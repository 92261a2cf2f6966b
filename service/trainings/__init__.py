"""Training runs: asked for, watched, cancelled."""
