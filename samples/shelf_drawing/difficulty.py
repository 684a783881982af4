"""How hard a drawn photo is to read. Values only."""

from dataclasses import dataclass

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Difficulty:
    """Spans are drawn from evenly; chances are 0..1. Lengths named `_px` are of the finished picture."""

    name: str
    least_text_px: float  # the em of the smallest title or author that is listed as readable
    contrast: float  # of letters on their ground at least (WCAG ratio)
    width_px: tuple[int, int]
    tilt_deg: float  # at most
    keystone: float  # how far a corner moves, in shares of the picture, at most
    blur_px: Span  # sigma, for a picture 3,000 px wide
    shake_px: Span  # length of the streak of a hand that shakes
    noise: Span  # sigma, of 255
    quality: tuple[int, int]  # of JPEG
    light: Span  # how much darker the darkest corner is, 0..1
    glare: float  # chance of a lamp's reflection
    lean: float  # chance that a book leans
    pile: float  # chance that a row has books lying flat
    label: float  # chance that the shelf is a library's
    across: float  # chance of text set across a spine that is wide enough
    upward: float  # chance that a spine's text runs up
    author_larger: float
    noise_words: float  # chance of words that are no title and no author
    fancy: float  # chance of display and script letters
    effects: float  # chance of letters with an outline, a shadow or a second colour, or one below the other
    busy: float  # chance of a picture behind the letters
    sticker: float  # chance of a sticker somewhere on the spine, over letters too
    cut: float  # chance that the picture's edge cuts a book


DIFFICULTIES = {
    level.name: level
    for level in (
        Difficulty(
            "easy", 26, 5.0, (2_400, 3_600), 1.0, 0.012, (0.2, 0.6), (0, 0), (1, 3), (86, 94), (0.0, 0.2), 0.1,
            0.04, 0.3, 0.1, 0.15, 0.1, 0.15, 0.1, 0.1, 0.03, 0.03, 0.0, 0.02,
        ),
        Difficulty(
            "normal", 17, 2.3, (1_500, 4_000), 3.0, 0.035, (0.6, 1.6), (0, 3), (3, 8), (60, 90), (0.1, 0.5), 0.4,
            0.08, 0.45, 0.25, 0.25, 0.2, 0.25, 0.25, 0.5, 0.2, 0.15, 0.06, 0.06,
        ),
        Difficulty(
            "hard", 13, 1.9, (1_500, 3_200), 5.0, 0.06, (0.9, 1.9), (0, 6), (5, 12), (45, 75), (0.3, 0.65), 0.7,
            0.16, 0.6, 0.35, 0.35, 0.3, 0.35, 0.4, 0.7, 0.35, 0.25, 0.15, 0.15,
        ),
    )
}  # fmt: skip
