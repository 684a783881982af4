"""StoryGraph: "Export StoryGraph Library"."""

import re
from collections.abc import Mapping
from dataclasses import replace

from scanning.csv_format import Field, Habits
from scanning.imports.headers import KnownHeader
from scanning.imports.imported import Draft
from search.normalisers.dates import parse_date

_LAST_SPAN = re.compile(r"(\d{4}/\d{2}/\d{2})\s*-\s*(\d{4}/\d{2}/\d{2})\s*\Z")


class StoryGraph(KnownHeader):
    """An ISBN or an id of its own in one column; quarters of stars; spans of reading."""

    name = "storygraph"
    label = "StoryGraph"
    habits = Habits(people="listed")
    telling = ("ISBN/UID", "Moods", "Pace", "Character- or Plot-Driven?", "Star Rating", "Content Warnings", "Last Date Read", "Dates Read")
    fields = {
        "Title": Field.TITLE, "Authors": Field.AUTHOR, "Contributors": Field.ADDITIONAL_AUTHORS, "ISBN/UID": Field.ISBN,
        "Format": Field.FORMAT, "Read Status": Field.STATUS, "Date Added": Field.DATE_ADDED, "Last Date Read": Field.DATE_READ,
        "Read Count": Field.READ_COUNT, "Star Rating": Field.RATING, "Review": Field.REVIEW, "Tags": Field.SHELVES,
    }  # fmt: skip
    others = (
        "Strong Character Development?", "Loveable Characters?", "Diverse Characters?", "Flawed Characters?",
        "Content Warning Description", "Owned?",
    )  # fmt: skip

    def completed(self, draft: Draft, cells: Mapping[str, str]) -> Draft:
        """When the last reading began."""
        found = _LAST_SPAN.search(cells.get("dates read", "")[-60:])
        started = parse_date(found[1]) if found else None
        return replace(draft, date_started=started.iso) if started else draft
