"""Supervise a trainer: start it, read its events, meter it, stop it, and say how the attempt ended."""
