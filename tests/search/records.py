"""Records for tests, short to write."""

from search.dto import Author, Edition, Record

DUNE = "9780441172719"
DUNE_HARDCOVER = "9780441013593"
MESSIAH = "9780593098233"
LONG = (
    "Set on the desert planet Arrakis, the story of a boy and the spice that everybody wants, told over many years. "
    * 2
)


def record(
    provider: str = "openlibrary", title: str = "Dune", author: str | None = "Frank Herbert", **facts: object
) -> Record:
    """A record; facts of the edition are named as in Edition, all others as in Record."""
    own = {name: facts.pop(name) for name in list(facts) if name in Edition.__slots__ and name not in Record.__slots__}
    authors = (Author(author),) if author else ()
    return Record(provider=provider, title=title, authors=authors, edition=Edition(**own), **facts)  # type: ignore[arg-type]
