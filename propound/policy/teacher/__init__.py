"""The scripted teacher: a policy that writes expert trajectories from the skill packages."""

from propound.policy.teacher.teacher import Teacher

__all__ = ["Teacher"]
