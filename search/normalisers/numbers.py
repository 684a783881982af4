"""Page counts and bindings out of free text.

Source: spec 04, "Normalising" (page count 1..20,000); spec 05, "ISBNdb" (order and words of bindings).
"""

import re

MAX_PAGES = 20_000
MAX_CHARS = 100
_WHOLE = re.compile(r"([0-9]{1,9})(?:\.0+)?")  # "345.0" comes out of tables
_PAGES = re.compile(
    r"(?<![0-9.,–-])([0-9]{1,3}[.,][0-9]{3}|[0-9]{1,6})[\])]?(?:,?\s*\[[0-9]{1,4}\])?\s*"
    r"(?:pp?\b|pages?\b|s\b|seiten\b|págs?\b|páginas?\b|pagine\b|pagina's\b|str\b|стр\b|с\.|ページ|页|頁)",
    re.IGNORECASE,
)
_ACCOMPANIED = re.compile(r"\s(?:with|and|incl\w*|mit|avec|con|\+|&)\s.*", re.IGNORECASE)
_FORMATS = [
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (  # in this order: "mass market paperback" is no paperback, "digital audio" no e-book
        ("Audiobook", r"audio|\bmp3\b|[ck]assette|hörbuch|audible|luisterboek|\bcompact dis[ck]|\bcds?\b(?![\s-]?rom)"),
        ("E-book", r"kindle|\be[\s-]?books?\b|e-reader|digital|\bepub\b|\bpdf\b|ele[ck]?tr[oôó]ni|électroni|numérique|online resource"),
        ("Mass Market", r"mass[\s-]?market|pocket ?book|\bpoche\b"),
        (
            "Hardcover",
            r"hard[\s-]?(?:cover|back|bound)|library binding|\bcloth\b|\bhbk\b|gebunden|relié|cartonné|tapa dura|"
            r"copertina rigida|capa dura|inbunden|innbundet|indbundet|gebonden|twarda|vázan[áée]",
        ),
        (
            "Paperback",
            r"paper[\s-]?back|soft[\s-]?(?:cover|back)|trade paper|perfect|\bpbk\b|pocket|taschenbuch|broschiert|kartoniert|"
            r"klappenbroschur|broché|tapa blanda|rústica|brossura|copertina flessibile|capa mole|capa comum|brochura|häftad|miękka|brožovan[áée]|ingenaaid",
        ),
    )
]


def page_count(raw: object) -> int | None:
    """Number of pages, 1..20,000, of 345, "345", "xii, 345 p."; None where it says none."""
    if isinstance(raw, str):
        raw = _pages_in(raw.strip()[:MAX_CHARS])
    if isinstance(raw, float):
        raw = int(raw) if raw.is_integer() else None
    if isinstance(raw, bool) or not isinstance(raw, int):
        return None
    return raw if 1 <= raw <= MAX_PAGES else None


def _pages_in(text: str) -> int | None:
    """The number alone, or the largest that is said to be of pages: plates and leaves are counted apart."""
    if whole := _WHOLE.fullmatch(text):
        return int(whole[1])
    counts = [int(re.sub(r"[.,]", "", found)) for found in _PAGES.findall(text)]
    return max(counts, default=None)


def binding_format(raw: object) -> str | None:
    """Hardcover, Paperback, E-book, Audiobook or Mass Market; None where the binding is none of them or not known."""
    if not isinstance(raw, str):
        return None
    text = raw[:MAX_CHARS]
    return _format_in(_ACCOMPANIED.sub("", text)) or _format_in(text)  # "Paperback with CD" is a paperback


def _format_in(text: str) -> str | None:
    return next((name for name, pattern in _FORMATS if pattern.search(text)), None)
