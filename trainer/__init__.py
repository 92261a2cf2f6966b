"""Rewards in, better proposer out.

Refinement reads the trajectories that workers store; it has no part in a generation job.
"""
