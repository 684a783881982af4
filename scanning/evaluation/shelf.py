"""All works that a labelled set is made from, and what has to be known of them together. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from search.evaluation.held import HeldEdition, HeldWork
from search.normalisers.names import author_key, author_similarity
from search.normalisers.text import search_key

SAME_AUTHOR = 0.85


def names_of(work: HeldWork) -> frozenset[str]:
    """Keys of every title that a work goes by, with its subtitle and without."""
    pairs = [(work.title, work.subtitle), *((title, "") for title in work.other_titles), *((e.title, e.subtitle) for e in work.editions)]
    return frozenset(search_key(form) for title, sub in pairs if title for form in (title, f"{title}: {sub}" if sub else title))


def written_by(names: Iterable[str], others: Iterable[str]) -> bool:
    """Whether two lists of authors have a person in common."""
    written = tuple(others)
    return any(author_similarity(name, other) >= SAME_AUTHOR for name in names for other in written)


class Shelf:
    """The works, in an order that is the same on every database; those that nobody can name are left out."""

    def __init__(self, works: Iterable[HeldWork]) -> None:
        named = (work for work in works if any(map(str.isalnum, work.title)))
        self.works = sorted(named, key=lambda work: (work.title, work.authors, work.isbns, work.subtitle))

    @cached_property
    def _by_name(self) -> dict[str, list[HeldWork]]:
        found: dict[str, list[HeldWork]] = defaultdict(list)
        for work in self.works:
            for name in names_of(work):
                found[name].append(work)
        return found

    @cached_property
    def _by_family(self) -> dict[str, list[HeldWork]]:
        found: dict[str, list[HeldWork]] = defaultdict(list)
        for work in self.works:
            for family in {_family(author) for author in work.authors}:
                found[family].append(work)
        return found

    @cached_property
    def in_language(self) -> dict[str, list[tuple[HeldWork, HeldEdition]]]:
        """Editions by their language."""
        found: dict[str, list[tuple[HeldWork, HeldEdition]]] = defaultdict(list)
        for work in self.works:
            for edition in work.editions:
                found[edition.language].append((work, edition))
        return found

    @cached_property
    def isbns(self) -> dict[str, int]:
        """Every ISBN-13, and how many works have it."""
        found: dict[str, int] = defaultdict(int)
        for work in self.works:
            for isbn in work.isbns:
                found[isbn] += 1
        return found

    @cached_property
    def in_series(self) -> list[HeldWork]:
        """Works with a place in a series."""
        return [work for work in self.works if work.series and work.place is not None]

    def called(self, title: str) -> list[HeldWork]:
        """The works that go by this title."""
        return self._by_name.get(search_key(title), [])

    def by_namesakes(self, author: str) -> Iterator[HeldWork]:
        """The works of everybody whose last name is this author's."""
        return iter(self._by_family.get(_family(author), ()))


def _family(author: str) -> str:
    words = author_key(author).split()
    return words[-1] if words else ""
