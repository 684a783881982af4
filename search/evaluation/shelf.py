"""All works that a labelled set is made from, and what has to be known of them together: which words tell one from the others. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property

from search.evaluation.labels import Known
from search.normalisers.text import search_key, tokens


class Shelf:
    """The works, in an order that is the same on every database."""

    def __init__(self, works: Iterable[Known]) -> None:
        self.works = sorted(works, key=lambda work: (work.title, work.authors, work.isbns, work.subtitle))

    @cached_property
    def _places(self) -> dict[str, set[int]]:
        """Word to the places of the works that have it in any title."""
        found: dict[str, set[int]] = defaultdict(set)
        for place, work in enumerate(self.works):
            for word in tokens(" ".join((work.title, work.subtitle, *work.titles))):
                found[word].add(place)
        return found

    @cached_property
    def _keys(self) -> dict[str, set[str]]:
        """Key of a title to the works' own titles that go by it."""
        found: dict[str, set[str]] = defaultdict(set)
        for work in self.works:
            for name in work.names:
                found[name].add(search_key(work.title))
        return found

    @cached_property
    def _names(self) -> frozenset[tuple[str, ...]]:
        return frozenset(tuple(sorted(tokens(author))) for work in self.works for author in work.authors)

    @cached_property
    def isbns(self) -> frozenset[str]:
        """Every ISBN-13 that a work has."""
        return frozenset(isbn for work in self.works for isbn in work.isbns)

    def having(self, words: Sequence[str]) -> list[Known]:
        """The works that have all these words in their titles."""
        sets = sorted((self._places.get(word, set()) for word in set(words)), key=len)
        return [self.works[place] for place in sorted(set.intersection(*sets))] if sets else []

    def is_title(self, text: str) -> bool:
        """Whether a work goes by this title."""
        return search_key(text) in self._keys

    def is_name(self, text: str) -> bool:
        """Whether the words are an author's name, in any order."""
        return tuple(sorted(tokens(text))) in self._names

    def tells_apart(self, text: str, work: Known) -> bool:
        """Whether only this work, and those of the same title, have the words."""
        return {search_key(other.title) for other in self.having(tokens(text))} <= {search_key(work.title)}
