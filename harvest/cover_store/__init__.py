"""Covers that are kept: judged, stored, indexed, served."""
