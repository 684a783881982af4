"""The environment of all tests: a folder of their own, and no outside catalogue unless a test brings a transport.

Loaded by `-p tests.scratch` (pyproject.toml), since pytest-django reads the settings before any conftest is read.
"""

import os
import tempfile

os.environ["BOOKSTRACK_DATA_DIR"] = tempfile.mkdtemp(prefix="bt-test-")
os.environ.setdefault("SEARCH_PROVIDERS", "catalogue")
os.environ.setdefault("DEMOGRAPHICS", "0")
os.environ.setdefault("BOOKSTRACK_PHOTO_WORKERS", "0")  # of servers that tests start: those that scan say otherwise
os.environ.setdefault("RATE_LIMITS_ENABLED", "0")
os.environ.setdefault("DEBUG", "0")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")
