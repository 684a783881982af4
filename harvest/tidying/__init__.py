"""Archival and expiry, and the records of such runs."""
