"""A few works of a catalogue, short to write."""

from typing import Any

from scanning.evaluation.shelf import Shelf
from search.evaluation.held import HeldEdition, HeldWork


def work(title: str, *authors: str, isbns: tuple[str, ...] = (), language: str = "en", **facts: Any) -> HeldWork:
    """A work with an edition for each ISBN, or one without any."""
    common = {"title": title, "subtitle": facts.get("subtitle", ""), "language": language, "publisher": "Ace Books", "published": "1990"}
    editions = tuple(HeldEdition((isbn,), page_count=300, **common) for isbn in isbns) or (HeldEdition(title=title, language=language),)
    return HeldWork(frozenset({title}), title, authors=authors, editions=editions, **facts)


DUNE = work("Dune", "Frank Herbert", isbns=("9780441172719", "9780441013593"), series="Dune", place=1.0)
MESSIAH = work("Dune Messiah", "Frank Herbert", isbns=("9780593098233",), series="Dune", place=2.0)
WIND = work("The Name of the Wind", "Patrick Rothfuss", isbns=("9780756404079",), other_titles=("El nombre del viento",))
OUTLIERS = work("Outliers", "Malcolm Gladwell", isbns=("9780316017923",), subtitle="The Story of Success")
OMENS = work("Good Omens", "Terry Pratchett", "Neil Gaiman", isbns=("9780060853976",))
STRANGER = work("L'Étranger", "Albert Camus", isbns=("9782070360024",), language="fr")
LONG_TITLE = "Crónica de una muerte anunciada y otras novelas cortas de amor"
LONG = work(LONG_TITLE, "Gabriel García Márquez", isbns=("9788497592437",), language="es")
NORWEGIAN = work("ノルウェイの森", "Haruki Murakami", isbns=("9784062748681",), language="ja", other_titles=("Norwegian Wood",))
WORKS = (DUNE, MESSIAH, WIND, OUTLIERS, OMENS, STRANGER, LONG, NORWEGIAN)
SHELF = Shelf(WORKS)
