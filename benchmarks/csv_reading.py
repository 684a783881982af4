"""The reading half of the CSV import, measured: `python -m benchmarks.csv_reading [--rows N]`. Prints rows/s of one core and MB above idle.

Files of ten columns are synthesised from a seed: plain, with quoted reviews of several lines, in Windows-1252, and as an Excel workbook.
Each is opened and read in a process of its own, so that the memory is that file's.
"""

import argparse
import csv
import io
import random
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.table import part, run, tell
from scanning.imports.reading import open_table

HEADER = ("Title", "Author", "ISBN", "Publisher", "Year", "Pages", "Rating", "Shelf", "Review", "Date Read")
WORDS = ("Gärten", "der", "Zeit", "La", "forêt", "blanche", "The", "river", "night", "Cien", "años", "Über", "Flüsse", "Été", "Sombra")


def synthesise(rows: int, review_lines: int) -> list[tuple[str, ...]]:
    """Rows of a library; `review_lines`: 0 for none, else lines of a review in every third row."""
    rng = random.Random(7)
    made: list[tuple[str, ...]] = [HEADER]
    for number in range(rows):
        title, author = " ".join(rng.choices(WORDS, k=4)), f"{rng.choice(WORDS)}, {rng.choice(WORDS)}"
        review = "\n".join([" ".join(rng.choices(WORDS, k=8))] * review_lines) if number % 3 == 0 else ""
        shown = ("Example House", str(1950 + number % 70), str(100 + number % 400), str(number % 6), "read, owned")
        made.append((title, author, f"978{number:010d}", *shown, review, f"2021-0{number % 9 + 1}-11"))
    return made


def as_csv(rows: list[tuple[str, ...]], encoding: str) -> bytes:
    """The rows as a spreadsheet saves them."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


def as_xlsx(rows: list[tuple[str, ...]]) -> bytes:
    """The rows in the fewest parts that make a workbook."""
    cells = (["<c t='inlineStr'><is><t>" + escape(cell) + "</t></is></c>" for cell in row] for row in rows)
    sheet = "".join("<row>" + "".join(row) + "</row>" for row in cells)
    relation = '<Relationship Id="r1" Type="http://example.org/worksheet" Target="worksheets/sheet1.xml"/>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", '<workbook xmlns:r="r"><sheets><sheet name="Books" r:id="r1"/></sheets></workbook>')
        archive.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{relation}</Relationships>")
        archive.writestr("xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{sheet}</sheetData></worksheet>")
    return out.getvalue()


def _high_water_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measure(path: Path) -> None:
    """Read one file and tell its rows."""
    idle = _high_water_mb()
    with path.open("rb") as file:
        began = time.process_time()
        table = open_table(file)
        opened = time.process_time()
        rows = sum(1 for _ in table.rows())
        ended = time.process_time()
    whole, reading = ended - began, ended - opened
    size = path.stat().st_size / 2**20
    rates = f"{rows / reading:,.0f} rows/s; with opening it {rows / whole:,.0f} (opened in {1000 * (opened - began):.0f} ms)"
    tell(f"{path.name}, {rows:,} rows, {size:.1f} MB, read", rates)
    tell("… memory above idle", f"{_high_water_mb() - idle:.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--file", type=Path, help="read this one instead, in this process")
    asked = parser.parse_args()
    if asked.file:
        measure(asked.file)
        return
    plain = synthesise(asked.rows, 0)
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "plain.csv": as_csv(plain, "utf-8"),
            "reviews.csv": as_csv(synthesise(asked.rows, 4), "utf-8"),
            "windows-1252.csv": as_csv(plain, "cp1252"),
            "workbook.xlsx": as_xlsx(plain),
        }
        for name, data in files.items():
            path = Path(folder, name)
            path.write_bytes(data)
            part([sys.executable, "-m", "benchmarks.csv_reading", "--file", str(path)])


if __name__ == "__main__":
    raise SystemExit(run("Reading CSV", main))
