"""What several engines saw on one photo as one list, each book once: by ISBN, then by box and text. Pure.

A barcode stands on a back cover and says all by its number: no text is added to it by place alone. Of a spine, letters that were read are
facts and a model's title and author are hypotheses about them: both are kept. A model's boxes are loose, so one of them joins one spine at
most, the one that fits it best; two spines are never joined. Text that is nothing but a product number is nobody's title.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from scanning.detections import Box, Detection, Seen
from scanning.photos.fusion_doubles import merged, same_place_and_text
from scanning.photos.fusion_texts import readable, understood_alike
from scanning.photos.printed_isbns import is_number_line

RANKS = {"barcode": 0, "ocr": 1, "gemini": 2}  # as the engines' order: the tightest box and the surest text first
SAME_PLACE = 0.5  # of the smaller box
SAME_TEXT = 0.6
SURE_TEXT = 0.85  # from which a box of a model may lie beside the spine that it means, where it tells the title
BESIDE = 1.0  # so many times the spine's own width and height
BESIDE_COUNTS = 0.1  # the place's part in a score then: a box on the spine goes first
UNREAD_COUNTS = 0.01  # the text's part in a score where one side could not be read: whatever text agrees goes first
RAISED_BY = 0.5  # of what is missing to certainty, times what the other engine is sure of


def fused(seen: Sequence[Seen]) -> list[Detection]:
    """All detections of one photo, each book once, from top left to bottom right; `engine` names all that saw it, joined by "+"."""
    told = sorted((plain for one in seen for detection in one.detections if (plain := _plain(detection)) is not None), key=_canonical)
    single = _without_repeats(told)
    by_number = _by_isbn(_without_digits_under_bars(single))
    return sorted(_with_hypotheses(by_number), key=_reading_order)


def joined_engines(names: Iterable[str]) -> str:
    """Names of engines, each once, the surest first."""
    parts = {part for name in names for part in name.split("+")}
    return "+".join(sorted(parts, key=lambda name: (RANKS.get(name, len(RANKS)), name)))


def _plain(detection: Detection) -> Detection | None:
    """Without text that is only a product's number; None where nothing else was seen."""
    lines = tuple(line for line in detection.lines if not is_number_line(line.text))
    title = None if detection.title and is_number_line(detection.title) else detection.title
    author = None if detection.author and is_number_line(detection.author) else detection.author
    if detection.isbn is None and (detection.lines or detection.title or detection.author) and not (lines or title or author):
        return None
    return replace(detection, lines=lines, title=title, author=author)


def _without_repeats(told: Sequence[Detection]) -> list[Detection]:
    """What one engine saw twice, once. Two that no text tells apart are one only in one place."""
    kept: list[Detection] = []
    for detection in told:
        at = next((n for n, one in enumerate(kept) if one.engine == detection.engine and same_place_and_text(one, detection)), None)
        if at is None:
            kept.append(detection)
        else:
            kept[at] = merged(kept[at], detection).with_box(kept[at].box)
    return kept


def _without_digits_under_bars(told: Sequence[Detection]) -> list[Detection]:
    """Text that lies on a barcode and is mostly digits is the number under its bars, however it was misread."""
    bars = [one.box for one in told if one.engine == "barcode"]
    return [one for one in told if one.isbn or not (_is_digits(one) and any(_lies_on(one.box, box) for box in bars))]


def _lies_on(box: Box, bars: Box) -> bool:
    """Within the bars, or around them and little else: digits are printed under them."""
    around = Box(bars.x1 - 0.1 * bars.width, bars.y1 - 0.3 * bars.height, bars.x2 + 0.1 * bars.width, bars.y2 + 0.3 * bars.height)
    return box.area <= 2 * bars.area and box.shared(around) >= SAME_PLACE


def _is_digits(detection: Detection) -> bool:
    signs = [sign for sign in f"{detection.title or ''}{detection.author or ''}{detection.text}" if sign.isalnum()]
    return bool(signs) and sum(map(str.isdigit, signs)) >= 0.7 * len(signs)


def _by_isbn(told: Sequence[Detection]) -> list[Detection]:
    """One ISBN, one book; but a number that a model gives to another text somewhere else is invented, and only the number goes."""
    kept: dict[str, Detection] = {}
    rest: list[Detection] = []
    for detection in told:  # the surest engine comes first
        isbn = detection.isbn
        if isbn is None:
            rest.append(detection)
        elif isbn not in kept:
            kept[isbn] = detection
        elif _believed(detection, kept[isbn]):
            kept[isbn] = _joined(kept[isbn], detection, 1.0)
        else:
            rest.append(replace(detection, isbn=None))
    return [*kept.values(), *rest]


def _believed(detection: Detection, first: Detection) -> bool:
    """Whether an ISBN told a second time means the same thing."""
    if detection.engine != "gemini" or not readable(detection) or not readable(first):
        return True
    return understood_alike(detection, first) >= SAME_TEXT or first.box.shared(detection.box) >= SAME_PLACE


def _with_hypotheses(told: Sequence[Detection]) -> list[Detection]:
    """A model's titles laid on the spines that were read, one on one, the best fit first."""
    spines = [one for one in told if one.engine == "ocr"]
    models = [one for one in told if one.engine == "gemini"]
    fits = [(fit, one, other) for one, spine in enumerate(spines) for other, model in enumerate(models) if (fit := _fit(spine, model)) > 0]
    taken: dict[int, int] = {}
    used: set[int] = set()
    for _, spine_at, model_at in sorted(fits, key=lambda fit: (-fit[0], fit[1], fit[2])):
        if spine_at not in taken and model_at not in used:
            taken[spine_at] = model_at
            used.add(model_at)
    laid = [_laid(spine, models[taken[at]]) if at in taken else spine for at, spine in enumerate(spines)]
    alone = [model for at, model in enumerate(models) if at not in used]
    return [*(one for one in told if one.engine not in ("ocr", "gemini")), *laid, *alone]


def _fit(spine: Detection, model: Detection) -> float:
    """How well a model's book fits a spine, 0 where it does not: by place, which is loose, times text."""
    place = _place(spine.box, model.box)
    if not place:
        return 0.0
    on_it = place > BESIDE_COUNTS
    if not (readable(spine) and readable(model)):
        return UNREAD_COUNTS * place if on_it else 0.0
    text = understood_alike(model, spine)
    return text * place if text >= (SAME_TEXT if on_it else SURE_TEXT) and (on_it or model.title) else 0.0


def _place(spine: Box, model: Box) -> float:
    """How well a model's box fits a spine's: `BESIDE_COUNTS` beside it, more on it, 0 elsewhere."""
    shared = spine.shared(model)
    if shared >= SAME_PLACE:
        overlap = shared * min(spine.area, model.area)
        return (shared + overlap / (spine.area + model.area - overlap)) / 2
    across, down = BESIDE * spine.width, BESIDE * spine.height
    near = Box(spine.x1 - across, spine.y1 - down, spine.x2 + across, spine.y2 + down).holds(model.centre)
    return BESIDE_COUNTS if near else 0.0


def _laid(spine: Detection, model: Detection) -> Detection:
    both = readable(spine) and readable(model)
    return _joined(spine, model, understood_alike(model, spine) if both else 0.0)


def _joined(first: Detection, other: Detection, agreement: float) -> Detection:
    """Two engines' detections of one book: the surer one's box and number, the other one's understanding, nothing that was read lost."""
    high, low = max(first.confidence, other.confidence), min(first.confidence, other.confidence)
    return Detection(
        engine=joined_engines((first.engine, other.engine)),
        box=first.box,
        confidence=min(1.0, high + (1 - high) * low * agreement * RAISED_BY),
        title=first.title or other.title,
        author=first.author or (other.author if first.title is None else None),
        isbn=first.isbn or other.isbn,
        format=first.format or other.format,
        lines=(*first.lines, *other.lines),
    )


def _canonical(detection: Detection) -> tuple[object, ...]:
    """The same order whichever engine ended first."""
    box = detection.box
    lines = tuple((line.text, line.confidence, line.size, line.start, line.end, line.row) for line in detection.lines)
    told = (detection.title or "", detection.author or "", detection.isbn or "", detection.format or "")
    return RANKS.get(detection.engine, len(RANKS)), detection.engine, -detection.confidence, box.x1, box.y1, box.x2, box.y2, told, lines


def _reading_order(detection: Detection) -> tuple[object, ...]:
    """By shelves, roughly, then from left to right."""
    return round(detection.box.centre[1], 1), detection.box.x1, _canonical(detection)
