"""How many rows a second a CSV import understands, on one core: `python -m benchmarks.csv_cleaning [ROWS]`.

The rows are ours, of ten columns, titles and ISBNs all different, authors, publishers and dates as often repeated as in a library.
Reading the file is not in it. The reference is `csv.reader` on the same rows as text, in the same run.
"""

import csv
import io
import random
import sys
import time

from scanning.imports.cleaning import read_row
from scanning.imports.imported import Imported
from scanning.imports.table import Row
from scanning.imports.understanding import understand
from search.identifiers import Isbn

HEADER = ("Title", "Author", "ISBN", "Publisher", "Year", "Pages", "Rating", "Status", "Date Read", "Shelves")
BEST_OF = 5


def rows(count: int) -> list[Row]:
    """Rows as a library has them, the same in every run."""
    chance = random.Random(7)
    words = [f"word{place}" for place in range(2_000)]
    authors = [f"Given{place} Family{place % 700}" for place in range(1_500)]
    made = []
    for number in range(1, count + 1):
        title = " ".join(chance.choices(words, k=4)).title()
        cells = (
            title if number % 5 else f"{title} (The Series, #{number % 9 + 1})", chance.choice(authors), _isbn(number * 7),
            f"House {chance.randrange(300)}", str(chance.randrange(1950, 2026)), str(chance.randrange(80, 900)), str(chance.randrange(6)),
            chance.choice(("read", "to-read", "currently-reading")),
            f"{chance.randrange(2008, 2026)}/{chance.randrange(1, 13):02}/{chance.randrange(1, 29):02}",
            chance.choice(("sf, owned", "classics", "", "lent")),
        )  # fmt: skip
        made.append(Row(number, cells))
    return made


def _isbn(number: int) -> str:
    twelve = f"978{number:09}"
    check = -sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(twelve)) % 10
    return Isbn(f"{twelve}{check}").isbn13


def rate(count: int) -> float:
    """Rows a second of processor time; the first run has cold caches."""
    table = rows(count)
    column_map = understand(HEADER, [row.cells for row in table[:100]])
    start = time.process_time()
    books = sum(isinstance(read_row(row, column_map), Imported) for row in table)
    assert books == count
    return count / (time.process_time() - start)


def reference(count: int) -> float:
    """Rows a second of csv.reader."""
    out = io.StringIO()
    csv.writer(out).writerows(row.cells for row in rows(count))
    start = time.process_time()
    assert sum(1 for _ in csv.reader(io.StringIO(out.getvalue(), newline=""))) == count
    return count / (time.process_time() - start)


def main() -> None:
    """Print both and their ratio."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    runs = [rate(count) for _ in range(BEST_OF)]
    read = max(reference(count) for _ in range(BEST_OF))
    print(f"{max(runs):,.0f} rows/s understood (first run {runs[0]:,.0f}); csv.reader {read:,.0f} rows/s; ratio {max(runs) / read:.3f}")


if __name__ == "__main__":
    main()
