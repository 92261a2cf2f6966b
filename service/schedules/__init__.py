"""Schedules: training runs that begin by themselves."""
