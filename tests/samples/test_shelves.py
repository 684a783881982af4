"""Drawn shelves: what the truth says is on the picture, where it says, and the same again for the same seed."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from search.identifiers import parse_isbn
from search.normalisers.text import search_key

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
sys.path.insert(0, str(SAMPLES))

import random  # noqa: E402

from shelf_drawing import camera, fonts, shelf  # noqa: E402
from shelf_drawing.books import Printed, read_books  # noqa: E402
from shelf_drawing.colours import ink, ratio  # noqa: E402
from shelf_drawing.difficulty import DIFFICULTIES  # noqa: E402
from shelf_drawing.lettering import fitted, written  # noqa: E402
from shelf_drawing.photo import drawn_photo  # noqa: E402
from shelf_drawing.shelf import Scene  # noqa: E402

BOOKS = read_books(SAMPLES / "catalogue.jsonl")
SMALL_PX = 700


# -- photos


@pytest.mark.parametrize("level", sorted(DIFFICULTIES))
def test_a_photo_lists_its_books_with_their_boxes(level: str) -> None:
    photo = drawn_photo(BOOKS, 5, DIFFICULTIES[level], width_px=SMALL_PX, count=9)
    image = Image.open(io.BytesIO(photo.jpeg))
    told = [*photo.truth["books"], *photo.truth["unlisted"]]
    assert image.format == "JPEG" and image.width == SMALL_PX and not image.getexif()
    assert 3 <= len(told) <= 9 and photo.truth["partly_visible_or_unread"] == len(photo.truth["unlisted"])
    printed = {(book.title, book.author) for book in BOOKS}
    for book in told:
        box = book["box"]
        assert (book["title"], book["author"]) in printed
        assert 0 <= box["x1"] < box["x2"] <= 1 and 0 <= box["y1"] < box["y2"] <= 1


def test_the_same_seed_gives_the_same_photo_and_another_another() -> None:
    first, again, other = (drawn_photo(BOOKS, seed, DIFFICULTIES["normal"], width_px=SMALL_PX, count=8) for seed in (1, 1, 2))
    assert (first.jpeg, first.truth) == (again.jpeg, again.truth)
    assert first.jpeg != other.jpeg and first.truth != other.truth


def test_books_stand_where_the_scene_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """The middle of every book's corners is of another colour than the wall behind it."""
    monkeypatch.setattr(shelf, "_WOODS", ((255, 0, 255),))
    scene = shelf.stand(BOOKS[:10], 900, 700, 1, DIFFICULTIES["easy"], random.Random(3))
    pixels = np.asarray(scene.image, int)
    assert len(scene.books) >= 6
    for placed in scene.books:
        x, y = (round(sum(corner[axis] for corner in placed.corners) / 4) for axis in (0, 1))
        red, green, blue = np.moveaxis(pixels[y - 20 : y + 20, x - 3 : x + 3], 2, 0)
        assert green.max() > 15 or np.abs(red - blue).max() > 12, placed.book.title  # the wall's magenta has neither, in shadow or not


def test_too_few_books_are_refused() -> None:
    with pytest.raises(ValueError, match="needs as many"):
        drawn_photo(BOOKS[:3], 1, DIFFICULTIES["easy"], width_px=SMALL_PX)


# -- camera


@given(st.integers(0, 10_000), st.sampled_from(sorted(DIFFICULTIES)))
@settings(max_examples=12, deadline=None)
def test_a_point_of_the_scene_is_where_the_matrix_says(seed: int, level: str) -> None:
    rng = random.Random(seed)
    scene = Scene(Image.new("RGB", (496, 372)), (48, 36, 448, 336))
    x, y = rng.uniform(150, 350), rng.uniform(120, 250)
    ImageDraw.Draw(scene.image).ellipse((x - 6, y - 6, x + 6, y + 6), fill="white")
    picture, matrix = camera.view(scene, DIFFICULTIES[level], rng)
    rows, columns = np.nonzero(np.asarray(picture.convert("L")) > 128)
    told = camera.projected((x, y), matrix)
    assert told == pytest.approx((columns.mean(), rows.mean()), abs=1.5)


# -- letters


@given(st.text("abcdefghij XYZ", min_size=1, max_size=50).filter(str.strip), st.floats(30, 400), st.floats(10, 120), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_a_text_fits_its_rectangle_and_loses_no_word(text: str, width: float, height: float, rows: int) -> None:
    set_text = fitted(text, fonts.faces()[0], width, height, most_rows=rows)
    assert set_text.width_px <= width + 0.01 and set_text.height_px <= height + 0.01
    assert " ".join(set_text.rows).split() == text.split() and len(set_text.rows) <= rows


def test_no_letter_is_cut_off() -> None:
    text = fitted("Wolf Hall", fonts.faces()[0], 300, 60, most_rows=1)
    alpha = np.asarray(written(text, (0, 0, 0)))[:, :, 3]
    assert alpha.max() == 255 and not alpha[:, -1].any() and not alpha[-1].any() and not alpha[0].any()


def test_letters_can_be_told_from_their_ground() -> None:
    rng = random.Random(1)
    for ground in ((20, 20, 20), (128, 130, 134), (240, 190, 40), (250, 250, 250)):
        assert min(ratio(ink(ground, 3.0, rng), ground) for _ in range(40)) >= 3.0


def test_a_machine_without_fonts_draws_with_pillows_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fonts, "FOLDERS", (tmp_path,))
    fonts.faces.cache_clear()
    try:
        assert [face.path for face in fonts.faces()] == [None]
        photo = drawn_photo(BOOKS, 1, DIFFICULTIES["easy"], width_px=SMALL_PX, count=8)
    finally:
        fonts.faces.cache_clear()
    assert photo.truth["books"] or photo.truth["unlisted"]


# -- books


def test_books_of_a_csv_are_as_a_title_page_has_them(tmp_path: Path) -> None:
    file = tmp_path / "books.csv"
    rows = [
        "Title,Author",
        '"Las Pseudociencias : ¡vaya timo! ","Bunge, Mario, 1919-2020"',
        '"Dune (Dune, #1)",Frank Herbert',
        "Война и мир,Лев Толстой",
        "Beowulf,",
        "DUNE,frank herbert",
    ]
    file.write_text("\n".join(rows), encoding="utf-8")
    assert read_books(file) == [Printed("Las Pseudociencias", "Mario Bunge"), Printed("Dune", "Frank Herbert")]


def test_the_first_of_several_authors_and_the_original_title(tmp_path: Path) -> None:
    file = tmp_path / "books.csv"
    file.write_text('authors,title,original_title\n"J.K. Rowling, Mary GrandPré","The Sorcerer (Series, #1)",The Philosopher\n')
    assert read_books(file) == [Printed("The Sorcerer", "J.K. Rowling", titles=("The Philosopher",))]


def test_a_csv_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cats.csv").write_text("cat,dog\n1,2\n")
    with pytest.raises(ValueError, match="title and author"):
        read_books(tmp_path / "cats.csv")


# -- the script, and the samples


def test_the_script_writes_photos_with_their_truth(tmp_path: Path) -> None:
    script = [sys.executable, str(SAMPLES / "draw_shelves.py"), "--count", "1", "--seed", "8", "--out", str(tmp_path / "new")]
    said = subprocess.run(script, cwd=tmp_path, capture_output=True, check=True, text=True).stdout
    truth = json.loads((tmp_path / "new" / "shelf-001.truth.json").read_text(encoding="utf-8"))
    assert said.startswith(f"1 shelves with {len(truth['books'])} books") and truth["note"].startswith("drawn, normal")
    assert 1_500 <= Image.open(tmp_path / "new" / "shelf-001.jpg").width <= 4_000


@pytest.mark.parametrize("name", ["shelf-1", "shelf-2", "shelf-3"])
def test_a_sample_shelf_has_books_of_the_sample_catalogue(name: str) -> None:
    photo, truth = SAMPLES / f"{name}.jpg", json.loads((SAMPLES / f"{name}.truth.json").read_text(encoding="utf-8"))
    lines = [json.loads(line) for line in (SAMPLES / "catalogue.jsonl").read_text(encoding="utf-8").splitlines()]
    held = {
        (search_key(edition["title"]), work["authors"][0]["name"]): {each.get("isbn") for each in work["editions"]}
        for work in lines
        for edition in work["editions"]
        if work["authors"]
    }
    image = Image.open(photo)
    assert photo.stat().st_size <= 400_000 and not image.getexif() and image.width >= 1_500
    assert 8 <= len(truth["books"]) <= 30
    for book in truth["books"]:
        isbns = held[search_key(book["title"]), book["author"]]
        assert "isbn" not in book or (book["isbn"] in isbns and parse_isbn(book["isbn"]).isbn13 == book["isbn"])
