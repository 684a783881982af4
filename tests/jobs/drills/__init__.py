"""Pipelines for tests: packages that PIPELINE_PACKAGES may name."""
