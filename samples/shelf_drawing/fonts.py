"""The fonts that this machine has, and which of them know the letters of a text."""

import random
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".fonts",
    Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
_NO_LETTERS = ("symbol", "math", "emoji", "keyboard", "initial", "d050000l", "hairline", "thin", "icon", "noto", "_k.", "_i.")
_FANCY = ("z003", "gothic", "bookman", "display", "didot", "shadow", "capital")
_MEASURE_PX = 100


@dataclass(frozen=True)
class Face:
    """A font file; None is Pillow's own font."""

    path: str | None
    fancy: bool = False
    _known: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    def at(self, size_px: float) -> Font:
        """The font with an em of so many pixels."""
        return _loaded(self.path, max(4, round(size_px)))

    def width(self, text: str, spacing: float = 0.0) -> float:
        """The length of a line in ems; `spacing` in ems stands between its letters."""
        return self.at(_MEASURE_PX).getlength(text) / _MEASURE_PX + spacing * max(0, len(text) - 1)

    def knows(self, text: str) -> bool:
        """Whether it has every letter of the text."""
        return all(self._has(char) for char in set(text) if not char.isspace())

    def _has(self, char: str) -> bool:
        if char not in self._known:
            font = self.at(40)
            self._known[char] = bytes(font.getmask(char)) != bytes(font.getmask("\uffff"))
        return self._known[char]


@cache
def _loaded(path: str | None, size_px: int) -> Font:
    return ImageFont.truetype(path, size_px) if path else ImageFont.load_default(size_px)


@cache
def faces() -> tuple[Face, ...]:
    """Every usable face, in the order of the file names, so that a seed gives the same picture on the same machine."""
    files = sorted(
        {file for folder in FOLDERS if folder.is_dir() for end in ("ttf", "otf") for file in folder.rglob(f"*.{end}")},
        key=lambda file: file.name,
    )
    named = [file for file in files if not any(word in file.name.lower() for word in _NO_LETTERS)]
    found = [Face(str(file), any(word in file.name.lower() for word in _FANCY)) for file in named]
    return tuple(found) or (Face(None),)


def chosen(text: str, rng: random.Random, fancy: float) -> Face:
    """A face that can set the text; a plain one but for a chance of `fancy`."""
    wanted = rng.random() < fancy
    usual = [face for face in faces() if face.fancy == wanted]
    for _ in range(12):
        face = rng.choice(usual or faces())
        if face.knows(text):
            return face
    return next((face for face in faces() if face.knows(text)), faces()[0])
