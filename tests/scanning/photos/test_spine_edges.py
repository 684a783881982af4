"""Edges of books between lines of text, on pictures that are drawn here."""

from typing import Any

import cv2
import numpy as np
import pytest

from scanning.detections import Line, Point
from scanning.spine_edges import Edges

SIDE = 600
BROWN, CREAM, BLUE, BLACK = (90, 60, 30), (235, 230, 215), (40, 70, 130), (20, 20, 20)


def picture(*spines: tuple[tuple[int, int, int, int], tuple[int, int, int]], lean: float = 0.0, noise: float = 0.0) -> Any:
    """Books (left, top, right, bottom) of a colour before a dark wall, on a shelf from y = 500 on; leaning by degrees."""
    pixels = np.full((SIDE, SIDE, 3), BLACK, np.uint8)
    for (left, top, right, bottom), colour in spines:
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
        cv2.fillConvexPoly(pixels, np.array([leaned(corner, lean) for corner in corners], np.int32), colour)
    cv2.rectangle(pixels, (0, 240), (SIDE, 270), BROWN, -1)
    rough = np.random.default_rng(1).normal(0, noise, pixels.shape)
    return np.clip(pixels + rough, 0, 255).astype(np.uint8)


def leaned(point: Any, degrees: float) -> Point:
    angle = np.radians(degrees)
    x, y = point[0] - SIDE / 2, point[1] - SIDE / 2
    return float(x * np.cos(angle) - y * np.sin(angle) + SIDE / 2), float(x * np.sin(angle) + y * np.cos(angle) + SIDE / 2)


def across(x: float, y: float, length: float, height: float) -> Line:
    return Line("text", 0.9, ((x, y), (x + length, y), (x + length, y + height), (x, y + height)))


def down(x: float, y: float, length: float, height: float, lean: float = 0.0) -> Line:
    corners = ((x + height, y), (x + height, y + length), (x, y + length), (x, y))
    return Line("text", 0.9, tuple(leaned(corner, lean) for corner in corners))


@pytest.mark.parametrize("lean", [0.0, 12.0])
def test_a_shelf_between_two_books_above_one_another_is_seen_though_they_lean(lean: float) -> None:
    shelf = picture(((280, 20, 330, 580), CREAM), lean=lean)
    edges = Edges(shelf, [down(292, 60, 130, 24, lean), down(292, 330, 130, 24, lean), down(292, 480, 90, 24, lean)])
    assert edges.boards(0, 1) > 0.62
    assert edges.boards(1, 2) < 0.3


@pytest.mark.parametrize("noise", [0.0, 12.0])
def test_the_side_of_a_book_is_seen_between_feet_that_touch(noise: float) -> None:
    shelf = picture(((100, 300, 180, 590), CREAM), ((180, 300, 260, 590), BLUE), noise=noise)
    edges = Edges(shelf, [across(105, 560, 72, 20), across(181, 560, 72, 20)])
    assert edges.boards(0, 1) > 0.62


def test_nothing_is_seen_between_two_words_of_one_book() -> None:
    shelf = picture(((100, 300, 260, 590), CREAM), noise=12.0)
    edges = Edges(shelf, [across(105, 560, 72, 20), across(181, 560, 72, 20), across(105, 520, 72, 20)])
    assert edges.boards(0, 1) < 0.3 and edges.apart(0, 2) < 0.3


def test_the_edge_between_neighbours_is_seen_along_their_texts() -> None:
    shelf = picture(((100, 290, 160, 590), CREAM), ((160, 290, 220, 590), BLUE))
    edges = Edges(shelf, [down(118, 320, 200, 24), down(178, 330, 200, 24)])
    assert edges.apart(0, 1) > 0.62


def test_of_letters_as_large_as_the_picture_nothing_is_said() -> None:
    edges = Edges(picture(), [across(0, 0, 290, SIDE), across(300, 0, 290, SIDE)])
    assert edges.boards(0, 1) == 0.0
