"""What stands on spines beside title and author: invented publishers and their marks, volume numbers, libraries' labels, blurbs."""

import random

from PIL import Image, ImageDraw

from shelf_drawing.colours import Colour
from shelf_drawing.fonts import chosen, faces
from shelf_drawing.lettering import fitted, written

IMPRINTS = (
    "LARKFIELD", "Ostrova", "Pell & Sons", "QUAYSIDE", "Tallow", "Brightwater", "MERIDEW", "Nine Elms", "Kestrel House", "Arden Row",
    "Lumière & Cie", "Casa Verano", "Nordlys", "Steinbrück", "Hollin Press", "VESPER", "Tamarind", "Oxbow Lane", "Fennimore", "PALISADE",
)  # fmt: skip
BLURBS = (
    "A NOVEL",
    "A Novel",
    "The International Bestseller",
    "NEW EDITION",
    "Unabridged",
    "COLLECTED WORKS",
    "Winner of the Prize",
    "CLASSICS",
)


def imprint(width: int, height: int, colour: Colour, rng: random.Random) -> Image.Image:
    """A publisher's mark, its name, or both, for the foot of a spine (RGBA, upright)."""
    image = Image.new("RGBA", (width, height), (*colour, 0))
    form = rng.random()
    name_height = height if form < 0.4 else round(height * 0.4)
    if form >= 0.4:
        _mark(ImageDraw.Draw(image), width, height if form >= 0.75 else height - name_height, colour, rng)
    if form < 0.75:
        name = rng.choice(IMPRINTS)
        text = fitted(name, chosen(name, rng, 0.1), width * 0.86, min(name_height * 0.9, width * 0.5), most_rows=2)
        if text.size_px >= 5:
            letters = written(text, colour)
            image.alpha_composite(letters, (max(0, (width - letters.width) // 2), max(0, height - letters.height)))
    return image


def _mark(pen: ImageDraw.ImageDraw, width: int, height: int, colour: Colour, rng: random.Random) -> None:
    size = min(width, height) * rng.uniform(0.45, 0.75)
    x, y, full = width / 2, height / 2, (*colour, 255)
    box, line = (x - size / 2, y - size / 2, x + size / 2, y + size / 2), max(1, round(size / 14))
    shape = rng.randrange(4)
    if shape == 0:
        pen.ellipse(box, outline=full, width=line)
        pen.polygon([(x, y - size * 0.3), (x + size * 0.22, y + size * 0.25), (x - size * 0.22, y + size * 0.25)], fill=full)
    elif shape == 1:
        pen.rectangle(box, outline=full, width=line)
        pen.ellipse((x - size / 5, y - size / 5, x + size / 5, y + size / 5), fill=full)
    elif shape == 2:
        pen.regular_polygon((x, y, size / 2), rng.choice((3, 5, 6)), fill=full)
    else:
        pen.pieslice(box, rng.randrange(360), rng.randrange(200, 340), fill=full)


def sticker(width: int, rng: random.Random) -> Image.Image:
    """A price or an offer on a round or square sticker (RGBA)."""
    size = max(8, round(width * rng.uniform(0.5, 0.9)))
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    paper = rng.choice(((250, 214, 40, 255), (220, 40, 40, 255), (250, 250, 250, 255), (240, 130, 30, 255)))
    pen = ImageDraw.Draw(image)
    pen.ellipse((0, 0, size - 1, size - 1), fill=paper) if rng.random() < 0.6 else pen.rectangle((0, 0, size, size * 0.7), fill=paper)
    words = rng.choice(("3 for 2", "HALF PRICE", f"{rng.randrange(1, 15)}.99", "SIGNED"))
    letters = written(fitted(words, faces()[0], size * 0.7, size * 0.4, most_rows=2), (20, 20, 20))
    image.alpha_composite(letters, ((size - letters.width) // 2, max(0, round(size * 0.38 - letters.height / 2))))
    return image


def library_label(width: int, most_height: int, author: str, rng: random.Random) -> Image.Image:
    """The white label of a library: call number and three letters of the author (RGB, upright)."""
    family = author.split()[-1][:3]
    number = rng.choice(("N", f"{rng.randrange(100, 999)}", f"{rng.randrange(100, 999)}.{rng.randrange(1, 99)}", "SF", "J"))
    typed = next((face for face in faces() if face.path and "mono" in face.path.lower()), faces()[0])
    upright = rng.random() < 0.5
    height = min(most_height, round(width * rng.uniform(1.2, 2.2)))
    image = Image.new("RGB", (width, height), rng.choice(((246, 245, 240), (238, 236, 226), (252, 252, 252))))
    across, along = (width, height) if upright else (height, width)
    text = fitted(f"{number} {family}", typed, across * 0.8, min(along * 0.6, most_height * 0.35), most_rows=2 if upright else 1)
    letters = written(text, (40, 40, 44))
    letters = letters if upright else letters.rotate(rng.choice((90, -90)), expand=True)
    image.paste(letters, ((width - letters.width) // 2, (height - letters.height) // 2), letters)
    return image
