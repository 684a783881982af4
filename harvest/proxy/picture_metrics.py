"""Counters of flights of the image proxy."""

from bookstrack.lib.telemetry import Counter

coalesced = Counter("bookstrack_pictures_coalesced_total", "Requests for a picture that waited for another's fetch.")
away = Counter("bookstrack_pictures_away_total", "Times that Redis did not answer while a picture was fetched.")
