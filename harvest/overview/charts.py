"""Charts as numbers: where lines, bars and labels stand in a drawing of a fixed size. Pure; a template writes the SVG.

A value that is None is a gap: nothing was counted then, which is not the same as nothing happened.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 170
LEFT, RIGHT, TOP, BOTTOM = 46, 6, 8, 20  # room for labels
LABELS_AT_MOST = 8  # below; more run into each other
RUNGS_AT_MOST = 4
BAR_SHARE = 0.8  # of a slot's width
LEAST = 1e-6  # what is below is drawn as nothing


@dataclass(frozen=True, slots=True)
class Slot:
    """A span of time: its label, and a value for each series, in their order."""

    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A text at a place."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Series:
    """A line (`path`, SVG path data; dots are points without a neighbour) or the bars of one name."""

    name: str
    path: str = ""
    dots: tuple[tuple[float, float], ...] = ()
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True, slots=True)
class Hover:
    """A column of the drawing with what stands there in words."""

    x: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of WIDTH x HEIGHT; `empty`: there is no value in it."""

    series: tuple[Series, ...]
    rungs: tuple[Mark, ...]
    below: tuple[Mark, ...]
    hovers: tuple[Hover, ...]
    empty: bool
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


def line_chart(names: Sequence[str], slots: Sequence[Slot], *, unit: str = "", top: float | None = None) -> Chart:
    """A line for each name. `top` is the greatest value of the scale, where it is known: 100 for per cent."""
    known = [value for slot in slots for value in slot.values if value is not None]
    rungs = _rungs(max(known, default=0.0) if top is None else top)
    high = rungs[-1]
    lines = []
    for place, name in enumerate(names):
        path, dots = _line([slot.values[place] for slot in slots], len(slots), high)
        lines.append(Series(name, path=path, dots=dots))
    return _chart(lines, names, slots, rungs, unit, empty=not known)


def bar_chart(names: Sequence[str], slots: Sequence[Slot], *, unit: str = "") -> Chart:
    """Bars that stand on each other, a colour for each name."""
    sums = [sum(value or 0.0 for value in slot.values) for slot in slots]
    rungs = _rungs(max(sums, default=0.0))
    step = _step(len(slots))
    bars: list[list[Bar]] = [[] for _ in names]
    for place, slot in enumerate(slots):
        below = 0.0
        for own, value in zip(bars, slot.values, strict=True):
            if value:
                top, foot = _y(below + value, rungs[-1]), _y(below, rungs[-1])
                own.append(Bar(_r(LEFT + step * place + step * (1 - BAR_SHARE) / 2), _r(top), _r(step * BAR_SHARE), _r(foot - top)))
                below += value
    series = [Series(name, bars=tuple(own)) for name, own in zip(names, bars, strict=True)]
    return _chart(series, names, slots, rungs, unit, empty=not any(sums))


def _chart(series: list[Series], names: Sequence[str], slots: Sequence[Slot], rungs: list[float], unit: str, *, empty: bool) -> Chart:
    step, every = _step(len(slots)), math.ceil(len(slots) / LABELS_AT_MOST) or 1
    return Chart(
        series=tuple(series),
        rungs=tuple(Mark(LEFT - 6, _r(_y(value, rungs[-1])), shown(value, unit)) for value in rungs),
        below=tuple(
            Mark(_r(LEFT + step * (place + 0.5)), HEIGHT - 5, slot.label) for place, slot in enumerate(slots) if place % every == 0
        ),
        hovers=tuple(Hover(_r(LEFT + step * place), _r(step), _words(names, slot, unit)) for place, slot in enumerate(slots)),
        empty=empty,
    )


def _line(values: Sequence[float | None], count: int, high: float) -> tuple[str, tuple[tuple[float, float], ...]]:
    """Path data with a gap where a value is missing, and the points that stand alone."""
    step, parts, dots = _step(count), [], []
    for place, value in enumerate(values):
        if value is None:
            continue
        x, y = _r(LEFT + step * (place + 0.5)), _r(_y(value, high))
        before = place > 0 and values[place - 1] is not None
        after = place + 1 < len(values) and values[place + 1] is not None
        if not before and not after:
            dots.append((x, y))
        else:
            parts.append(f"{'L' if before else 'M'}{x} {y}")
    return "".join(parts), tuple(dots)


def _rungs(high: float) -> list[float]:
    """Round values from 0 to at least `high`, few of them."""
    if high < LEAST or math.isinf(high):
        return [0.0, 1.0]
    rough = high / RUNGS_AT_MOST
    size = 10.0 ** math.floor(math.log10(rough))
    step = next((factor * size for factor in (1, 2, 2.5, 5) if factor * size >= rough), 10 * size)
    count = math.ceil(high / step - 1e-9)
    return [round(step * place, 10) for place in range(count + 1)]


def shown(value: float, unit: str = "") -> str:
    """A number for people: 12, 0.25, 1.2 k, 3.4 M; with its unit, of ms from a thousand on seconds."""
    if unit == "ms" and abs(value) >= 1_000:
        value, unit = value / 1_000, "s"
    for size, sign in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{_short(value / size)}{sign}{unit}"
    return f"{_short(value)}{' ' if unit else ''}{unit}"


def _short(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _words(names: Sequence[str], slot: Slot, unit: str) -> str:
    told = [f"{name}: {shown(value, unit)}" for name, value in zip(names, slot.values, strict=True) if value is not None]
    return f"{slot.label}\n" + ("\n".join(told) or "nothing was counted")


def _step(count: int) -> float:
    return (WIDTH - LEFT - RIGHT) / max(1, count)


def _y(value: float, high: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - min(1.0, max(0.0, value / high)))


def _r(value: float) -> float:
    return round(value, 1)
