"""`manage.py scan_photo`: a photo read from the command line."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from tests.scanning.scanned import photo
from tests.search.resolving.library import Library

pytestmark = pytest.mark.django_db(transaction=True)


def scanned(path: Path, **options: object) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("scan_photo", str(path), engines="barcode", stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_what_was_read_is_printed_and_drawn(tmp_path: Path, library: Library) -> None:
    [volume] = library.stocked(1)
    (tmp_path / "shelf.jpg").write_bytes(photo(volume.isbn or ""))
    out, err = scanned(tmp_path / "shelf.jpg", draw=tmp_path / "drawn.jpg")
    assert out.startswith("+   1  ") and f"{volume.title} by {volume.author}" in out and "match 1.00" in out
    assert "engine: barcode" in err and "drawn.jpg" in err
    drawn = Image.open(tmp_path / "drawn.jpg")
    green = drawn.convert("RGB").getcolors(2**24) or []
    assert drawn.size == (900, 700) and sum(count for count, (red, rich, blue) in green if rich > red + 60 and rich > blue + 40) > 200
    told = json.loads(scanned(tmp_path / "shelf.jpg", json=True, no_drawing=True)[0])
    assert told["books"][0]["isbn"] == volume.isbn and told["engines"][0]["detections"] == 1


def test_what_cannot_be_read_is_told(tmp_path: Path, library: Library) -> None:
    (tmp_path / "blank.jpg").write_bytes(photo())
    with pytest.raises(CommandError, match="No book was read"):
        scanned(tmp_path / "blank.jpg", no_drawing=True)
    (tmp_path / "text.jpg").write_bytes(b"words " * 99)
    with pytest.raises(CommandError, match="JPEG"):
        scanned(tmp_path / "text.jpg")
    with pytest.raises(CommandError, match="nobody"):
        scanned(tmp_path / "nobody.jpg")
    with pytest.raises(CommandError, match="no engine eyes"):
        call_command("scan_photo", str(tmp_path / "blank.jpg"), engines="eyes")
