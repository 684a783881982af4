"""Page counts and bindings out of free text."""

import re

MAX_PAGES = 20_000
_PAGES = re.compile(r"(\d{1,6})\s*(?:p\b|p\.|pp\b|pages?\b|seiten\b|s\.|páginas?\b|pagine\b|str\.)", re.IGNORECASE)
_FORMATS = (  # in this order: "mass market paperback" is no paperback
    ("Audiobook", r"audio|\bcd\b|\bmp3\b|cassette|hörbuch|audible|kassette"),
    ("E-book", r"kindle|e-?book|digital|\bepub\b|\bpdf\b|electronic|online resource|ebook"),
    ("Mass Market", r"mass[\s-]?market|pocket ?book|livre de poche|\bpoche\b"),
    ("Hardcover", r"hard[\s-]?(?:cover|back|bound)|library binding|\bcloth\b|gebunden|hardcover|relié|cartonné|tapa dura|copertina rigida|capa dura|inbunden|innbundet|indbundet|gebundene"),
    ("Paperback", r"paper ?back|soft[\s-]?(?:cover|back)|taschenbuch|broschiert|broché|tapa blanda|rústica|brossura|copertina flessibile|capa mole|häftad|pocket|perfect|trade paper|\bpbk\b"),
)  # fmt: skip
_COMPILED = [(name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _FORMATS]


def page_count(raw: object) -> int | None:
    """Number of pages, 1..20,000, of 345, "345", "xii, 345 p."; None where it says none."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, float):
        raw = int(raw) if raw.is_integer() and abs(raw) < 10**9 else None
    if isinstance(raw, str):
        text = raw.strip()[:100]
        found = _PAGES.findall(text)
        raw = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else max(map(int, found)) if found else None
    return raw if isinstance(raw, int) and 1 <= raw <= MAX_PAGES else None


def binding_format(raw: object) -> str | None:
    """Hardcover, Paperback, E-book, Audiobook or Mass Market; None where the binding is none of them or not known."""
    if not isinstance(raw, str):
        return None
    return next((name for name, pattern in _COMPILED if pattern.search(raw[:100])), None)
