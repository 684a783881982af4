"""OCR: reads what stands on spines and groups it by book. Needs the extra packages (rapidocr, onnxruntime); models come with them."""

from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bookstrack.lib import clock
from scanning.detections import Seen
from scanning.engine import EngineFailed, LocalEngine
from scanning.photos.printed_isbns import with_printed_isbns
from scanning.photos.spines import spines_of

if TYPE_CHECKING:
    from scanning.imaging import Picture
    from scanning.ocr_reading import Reader

PACKAGES = ("rapidocr", "onnxruntime", "cv2")


class OcrEngine(LocalEngine):
    """One warm reader for all the photos of a process."""

    name, label, stage, order = "ocr", "Spines (OCR)", "reading spines", 20

    @classmethod
    def missing(cls) -> str | None:
        absent = [package for package in PACKAGES if find_spec(package) is None]
        return f"The packages for reading spines are not installed ({', '.join(absent)})." if absent else None

    @cached_property
    def _reader(self) -> "Reader":
        from scanning.ocr_reading import Reader

        return Reader()

    def look(self, picture: "Picture") -> Seen:
        """Books by their spines; `facts` count the lines that were read, and what was no book."""
        began = clock.monotonic_s()
        if (absent := self.missing()) is not None:
            raise EngineFailed("OCR_NOT_INSTALLED", absent)
        from scanning.spine_edges import Edges

        lines = self._reader.lines(picture.pixels)
        edges = Edges(picture.pixels, lines)
        spines = spines_of(lines, picture.width, picture.height, apart=edges.apart, boards=edges.boards)
        spines = with_printed_isbns(spines, lines, picture.width, picture.height)
        seconds = round(clock.monotonic_s() - began, 3)
        facts = {"lines": len(lines), "linesOnSpines": sum(len(spine.lines) for spine in spines)}
        return Seen(self.name, tuple(spines), seconds=seconds, facts=facts)
