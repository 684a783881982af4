"""How good a photo is for reading: numbers, advice in words, and the few where nothing can be read.

Measured at 1,024 px after light smoothing, because noise of a dark photo looks like sharp edges. Sharpness comes from how steep edges are
against their own height, so that neither few letters nor pale ones look blurred. The limits lie between real photos and the same ones
blurred, darkened, lit and with noise; `tests/scanning/photos/test_quality.py` holds them there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scanning.imaging import Picture

Grey: TypeAlias = NDArray[np.float32]
FINE_PX = 1_024
COARSE_PX = 256  # here a blur of 12 px of the fine one is 3: what is still soft here has no letters of any size
TINY_PX = 128
SMOOTHING_PX = 1.0  # sigma
WINDOW_PX = 25  # in which an edge's height is taken: one that is blurred by a sigma of 5 fits in
EDGE_HEIGHT = 0.16  # of black to white, from which an edge is no noise
EDGE_SLOPE = 0.02  # a pixel
EDGES_LEAST = 0.0005  # share of the pixels, to judge by
SHARPEST_PERCENT = 85  # a photo is as sharp as its sharp parts: behind a shelf there is a room
BLURRED, BLURRED_AWAY = 0.5, 0.35  # sharpness at FINE_PX for advice, at COARSE_PX for refusal
DARK, NIGHT, FAINT = 0.45, 0.12, 0.25  # lightest hundredth, mean, contrast
SMALL_PX = 800
BLACK, WHITE, ONE_COLOUR = 10, 245, 6  # of 255: all are darker, all are lighter, all are within
CLIPPED = 250  # of 255, in the darkest channel
HALO_PX = (7, 25)  # around a clipped spot: glare fades out there, a white cover ends
HALO_DARKEST, HALO_MIDDLE = 110, 200  # of 255, of the tenth and of the half
SPOT_LEAST, SPOT_MOST, GLARE_LEAST = 0.0005, 0.3, 0.005  # shares of the picture

HOPELESS = {
    "black": "The photo is black: nothing can be read on it.",
    "white": "The photo is white: nothing can be read on it. Try with less light.",
    "one colour": "The photo shows one even colour: nothing can be read on it.",
    "blurred": "The photo is so blurred that no letter can be read. Hold the camera still, and tap on the books to focus.",
}


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares 0..1. `sharpness`: 1 is an edge within a pixel at 1,024 px; None where there are too few edges to judge by."""

    width: int
    height: int
    sharpness: float | None
    edges: float  # share of the pixels
    brightness: float
    contrast: float  # between the darkest and the lightest hundredth
    glare: float  # share of the picture
    glare_where: str  # "at the left, top"; empty without glare
    warnings: tuple[str, ...] = ()
    hopeless: str | None = None  # why nothing can be read, in words

    def numbers(self) -> dict[str, Any]:
        """What was measured, without the words."""
        found = {name: getattr(self, name) for name in ("sharpness", "edges", "brightness", "contrast", "glare")}
        rounded = {name: value if value is None else round(value, 4) for name, value in found.items()}
        return {"width": self.width, "height": self.height, **rounded, "glareWhere": self.glare_where}


@dataclass(frozen=True, slots=True)
class _Light:
    mean: float
    darkest: float  # hundredth
    lightest: float


def quality_of(picture: "Picture") -> Quality:
    """Measure a picture."""
    fine = picture.within(FINE_PX)
    grey = _grey(fine)
    sharpness, edges = _sharpness(grey)
    coarse_sharpness, _ = _sharpness(_grey(fine.within(COARSE_PX)))
    darkest, lightest = (float(value) for value in np.percentile(grey, (1, 99)))
    light = _Light(float(grey.mean()), darkest, lightest)
    glare, where = _glare(fine)
    hopeless = _hopeless(fine.within(TINY_PX), coarse_sharpness)
    softest = sharpness if sharpness is not None else coarse_sharpness
    advice = () if hopeless else tuple(_advice(picture, softest, edges, light, where))
    return Quality(
        picture.width, picture.height, sharpness, edges, light.mean, light.lightest - light.darkest, glare, where, advice, hopeless
    )


def _grey(picture: "Picture") -> Grey:
    grey = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), SMOOTHING_PX), np.float32)


def _sharpness(grey: Grey) -> tuple[float | None, float]:
    """How steep edges are, of the steepest that smoothing leaves (None: too few edges), and the share of pixels that are edges."""
    slope = cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=1 / 8))
    window = np.ones((WINDOW_PX, WINDOW_PX), np.uint8)
    height = cv2.dilate(grey, window) - cv2.erode(grey, window)
    ridge = cv2.dilate(slope, np.ones((3, 3), np.uint8))
    edge = (slope >= ridge) & (height >= EDGE_HEIGHT) & (slope > EDGE_SLOPE)
    share = float(edge.mean())
    if share < EDGES_LEAST:
        return None, share
    steepest = 1 / (np.sqrt(2 * np.pi) * SMOOTHING_PX)
    return min(1.0, float(np.percentile(slope[edge] / height[edge], SHARPEST_PERCENT) / steepest)), share


def _hopeless(tiny: "Picture", coarse_sharpness: float | None) -> str | None:
    grey = cv2.cvtColor(tiny.pixels, cv2.COLOR_RGB2GRAY)
    darkest, lightest = int(grey.min()), int(grey.max())
    if lightest < BLACK:
        return HOPELESS["black"]
    if darkest > WHITE:
        return HOPELESS["white"]
    if max(int(channel.max()) - int(channel.min()) for channel in cv2.split(tiny.pixels)) < ONE_COLOUR:
        return HOPELESS["one colour"]
    return HOPELESS["blurred"] if coarse_sharpness is not None and coarse_sharpness < BLURRED_AWAY else None


def _advice(picture: "Picture", sharpness: float | None, edges: float, light: _Light, where: str) -> Iterator[str]:
    dark, blurred = light.lightest < DARK or light.mean < NIGHT, sharpness is not None and sharpness < BLURRED
    if max(picture.width, picture.height) < SMALL_PX:
        yield f"The photo is small ({picture.width} x {picture.height} pixels): letters on spines need more. Send the original."
    if dark:
        yield "The photo is dark: more light helps."
    if blurred:
        yield "The photo is blurred: hold the camera still, and tap on the books to focus."
    if not dark and not blurred and (light.lightest - light.darkest < FAINT or edges < EDGES_LEAST):
        yield "Little stands out on the photo: are there books on it, in even light?"
    if where:
        yield f"There is glare {where}: tilt the camera a little, or move the light."


def _glare(fine: "Picture") -> tuple[float, str]:
    """Share of the picture that is glare, and where most of it is: white that fades out into its surroundings."""
    darkest = cv2.GaussianBlur(np.ascontiguousarray(fine.pixels.min(axis=2)), (0, 0), SMOOTHING_PX)
    count, labels, facts, centres = cv2.connectedComponentsWithStats((darkest >= CLIPPED).astype(np.uint8))
    whole, grey = darkest.size, cv2.cvtColor(fine.pixels, cv2.COLOR_RGB2GRAY)
    spots = [
        (int(facts[number, cv2.CC_STAT_AREA]), centres[number])
        for number in range(1, count)
        if SPOT_LEAST <= facts[number, cv2.CC_STAT_AREA] / whole <= SPOT_MOST and _fades(labels, facts[number], number, grey)
    ]
    area = sum(size for size, _ in spots)
    if area / whole < GLARE_LEAST:
        return area / whole, ""
    across, down = (sum(float(centre[axis]) * size for size, centre in spots) / area for axis in (0, 1))
    side = ("at the left", "in the middle", "at the right")[min(2, int(3 * across / fine.width))]
    level = (", top", "", ", bottom")[min(2, int(3 * down / fine.height))]
    return area / whole, side + level


def _fades(labels: NDArray[Any], facts: NDArray[Any], number: int, grey: NDArray[Any]) -> bool:
    """Whether a clipped spot fades out: around a white cover or sheet there is something dark somewhere."""
    left, top, width, height = (int(value) for value in facts[:4])
    around = np.s_[max(0, top - HALO_PX[1]) : top + height + HALO_PX[1], max(0, left - HALO_PX[1]) : left + width + HALO_PX[1]]
    spot = (labels[around] == number).astype(np.uint8)
    inner, outer = (cv2.dilate(spot, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))) for size in HALO_PX)
    halo = grey[around][(outer > 0) & (inner == 0)]
    if not halo.size:
        return False
    return bool(np.percentile(halo, 10) >= HALO_DARKEST and np.percentile(halo, 50) >= HALO_MIDDLE)
