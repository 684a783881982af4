"""Drills: the whole of `make run` in a data folder of its own, killed, stopped and cut off while jobs run."""
