"""Thresholds, breaches, and who is told."""
