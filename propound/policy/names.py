"""Names of policies that are no checkpoints', as PROPOUND_POLICY has them."""

from __future__ import annotations

SCRIPTED = "scripted"
"""The teacher, no model."""
MODEL = "model"
"""The catalogue's proposer."""
