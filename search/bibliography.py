"""What one person wrote, out of what several providers list: who is meant, which records are theirs, which speak of one work, in
which order. Pure.

Two people of one name are not mixed where ids tell them apart: who is meant is decided once, by Open Library's ids. A record with an
id is that id's. One without is taken by its name alone, unless somebody else has that name too: then only where it speaks of a work
that is surely theirs. Source: spec 02 (author), 04 ("Merging providers"); issue 4.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from rapidfuzz import fuzz

from search.dto import Author, Book, Match, MatchLevel, Record
from search.grouping import AGREES, WorkGroup
from search.matching import at_least
from search.merge import book_of
from search.normalisers.names import author_similarity
from search.normalisers.text import search_key, tokens
from search.normalisers.titles import title_similarity
from search.paging import pagination
from search.provider import Kind, Person, Question
from search.wire import work_id

SAME_NAME = 0.95
EXACT_NAME = 0.97
FAR_MORE = 10  # times as many works: an exact name with so few is most likely a duplicate entry
MAX_IDS = 3
NAMESAKES_MATTER = 0.1  # from this share of the person's works on; below they are stray entries of the same person, mostly
MAX_NAMES = 12
MAX_CANDIDATES = 40  # titles with a word in common that are compared; a commoner word says little
LIKELY = 70  # of 100: from this likeness of two keys on titles are compared with care
NO_YEAR = 10_000


class Sort(StrEnum):
    """Orders of a bibliography; works without a year come last."""

    YEAR = "publicationYear"  # newest first
    YEAR_ASC = "publicationYearAsc"
    TITLE = "title"
    POPULARITY = "popularity"


@dataclass(frozen=True, slots=True)
class Who:
    """Who is meant by a name. `people` are the entries of one person, none where no provider told them apart."""

    names: tuple[str, ...]  # as asked, and as they are known
    people: tuple[Person, ...] = ()
    shares_name: bool = False  # with somebody else who wrote

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(person.author.openlibrary_id or "" for person in self.people)


def meant(asked: str, people: Sequence[Person]) -> Who:
    """Who is meant by a name: an exact name before a similar one, who wrote more before who wrote less.

    Two entries are one person when name and year of birth agree; entries of another name or year stay apart.
    """
    scored = [(score, person) for person in people if (score := _likeness(asked, person)) >= AGREES]
    if not scored:
        return Who((asked,))
    most = max((person for _, person in scored), key=lambda person: person.works)
    exact = [person for score, person in scored if score >= EXACT_NAME]
    main = max(exact, key=lambda person: person.works, default=most)
    if most.works > FAR_MORE * main.works:
        main = most
    same = [person for _, person in scored if person is main or _one_person(main.author, person.author)]
    same.sort(key=lambda person: (person is not main, -person.works))
    others = sum(p.works for _, p in scored if p not in same and author_similarity(p.author.name, main.author.name) >= SAME_NAME)
    names = dict.fromkeys((asked, main.author.name, *main.other_names))
    return Who(tuple(names)[:MAX_NAMES], tuple(same[:MAX_IDS]), others > NAMESAKES_MATTER * main.works)


def meant_among(asked: str, records: Iterable[Record]) -> Who:
    """Who is meant by a name where nobody was asked for people: by the ids in the records themselves, the catalogue's for one."""
    named = [author for record in records for author in record.authors if author.openlibrary_id]
    written = Counter(author.openlibrary_id for author in named)
    one_each = {author.openlibrary_id: author for author in named}
    return meant(asked, [Person(author, works=written[author_id]) for author_id, author in one_each.items()])


def _likeness(asked: str, person: Person) -> float:
    return max(author_similarity(asked, name) for name in (person.author.name, *person.other_names))


def _one_person(one: Author, other: Author) -> bool:
    born = one.birth_year is not None and one.birth_year == other.birth_year
    return born and author_similarity(one.name, other.name) >= SAME_NAME


def books_of(who: Who, records: Iterable[Record]) -> list[Book]:
    """The person's works, each once, with their match set; records in the order of trust."""
    question = Question(Kind.ADVANCED, author=who.names[0])
    books = (book_of(question, group) for group in _grouped(who, records))
    found: dict[str, Book] = {}
    for book in books:
        found.setdefault(work_id(book), replace(book, match=_match(who, book)))  # clients know a work by it
    return list(found.values())


def _grouped(who: Who, records: Iterable[Record]) -> list[WorkGroup]:
    works = _Works()
    by_name: list[Record] = []
    for record in records:
        claim = _claim(who, record)
        if claim == "id" or (claim == "name" and not who.people):
            works.add(record)
        elif claim == "name":
            by_name.append(record)  # after all that are sure
    for record in by_name:
        works.add(record, only_to_known=who.shares_name)
    return works.groups


def _claim(who: Who, record: Record) -> str | None:
    """By what a record is the person's: "id", "name", or None when it is somebody else's."""
    if any(author.openlibrary_id in who.ids for author in record.authors if author.openlibrary_id):
        return "id"
    unnamed = [author.name for author in record.authors if not (who.people and author.openlibrary_id)]
    agrees = any(author_similarity(name, known) >= AGREES for name in unnamed for known in who.names)
    return "name" if agrees else None


def _match(who: Who, book: Book) -> Match:
    if any(author.openlibrary_id in who.ids for author in book.authors if author.openlibrary_id):
        return Match(MatchLevel.WORK_ONLY, 1.0, ("the author's id agrees", "no title was asked"))
    scores = [author_similarity(author.name, name) for author in book.authors for name in who.names]
    score = max(scores, default=0.0)
    return Match(MatchLevel.WORK_ONLY, round(0.9 * score, 3), (f"author agrees ({score:.2f})", "no title was asked"))


class _Works:
    """Records of one author by work, found by what they may share: a bibliography has thousands, and all have the author in common."""

    def __init__(self) -> None:
        self.groups: list[WorkGroup] = []
        self._by_id: dict[str, WorkGroup] = {}
        self._by_edition: dict[str, WorkGroup] = {}
        self._by_isbn: dict[str, WorkGroup] = {}
        self._by_word: dict[str, list[WorkGroup]] = {}
        self._spelt: dict[int, dict[str, Record]] = {}  # by the group's identity: each spelling of its title, with a record of it

    def add(self, record: Record, *, only_to_known: bool = False) -> None:
        """Add a record to its work; `only_to_known` drops one of a work that nobody else speaks of."""
        group = self._of_identifier(record) or self._of_title(record)
        if group is None:
            if only_to_known:
                return
            group = WorkGroup()
            self.groups.append(group)
        group.add(record)
        if record.openlibrary_work_id:
            self._by_id.setdefault(record.openlibrary_work_id, group)
        for isbn in record.edition.isbns:
            self._by_edition.setdefault(isbn, group)
        for isbn in (*record.work_isbns, *record.edition.isbns):
            self._by_isbn.setdefault(isbn, group)
        key = search_key(record.title)
        self._spelt.setdefault(id(group), {}).setdefault(key, record)
        for word in _words(record, key):
            sharing = self._by_word.setdefault(word, [])
            if len(sharing) <= MAX_CANDIDATES and not any(group is other for other in sharing):
                sharing.append(group)

    def _of_identifier(self, record: Record) -> WorkGroup | None:
        found = self._by_id.get(record.openlibrary_work_id or "")
        if found is None:
            found = next((self._by_edition[i] for i in (*record.edition.isbns, *record.work_isbns) if i in self._by_edition), None)
        return found or next((self._by_isbn[isbn] for isbn in record.edition.isbns if isbn in self._by_isbn), None)

    def _of_title(self, record: Record) -> WorkGroup | None:
        key, compared = search_key(record.title), set[int]()
        for word in _words(record, key):
            sharing = self._by_word.get(word, [])
            if len(sharing) > MAX_CANDIDATES and not word.startswith("="):
                continue
            for group in sharing:
                if id(group) not in compared and self._same_work(record, key, group):
                    return group
                compared.add(id(group))
        return None

    def _same_work(self, record: Record, key: str, group: WorkGroup) -> bool:
        """Whether titles agree and nothing speaks against it: another place in a series, another subtitle."""
        if record.subtitle and group.subtitles and search_key(record.subtitle) not in group.subtitles:
            return False
        return any(
            _may_agree(key, other_key) and title_similarity(record.title, other.title) >= AGREES and not _other_place(record, other)
            for other_key, other in self._spelt[id(group)].items()
        )


def _may_agree(key: str, other: str) -> bool:
    """A cheap look before the careful one: most titles that share a word are nothing alike."""
    if key.startswith(other) or other.startswith(key):
        return True
    return max(fuzz.ratio(key, other), fuzz.token_sort_ratio(key, other)) >= LIKELY


def _words(record: Record, key: str) -> list[str]:
    """What a title is found by: the whole of it, its longer words, and how it begins, for a word that is spelt otherwise."""
    longer = [word for word in dict.fromkeys(tokens(record.title)) if len(word) > 3 or not word.isascii()]
    return [f"={key}", *longer, f"{key[:4]}…"]


def _other_place(one: Record, other: Record) -> bool:
    places = {record.series.position for record in (one, other) if record.series and record.series.position is not None}
    return len(places) > 1


def page_of(
    data: dict[str, Any], *, limit: int, offset: int, sort: Sort, min_match: MatchLevel | None = None
) -> dict[str, Any]:
    """One page of a whole bibliography, both as `data` of a search; `popularity` says how well known each of its works is."""
    works, editions, popularity = data["works"], data["editions"], data["popularity"]
    sure = [place for place, work in enumerate(works) if min_match is None or at_least(MatchLevel(work["match"]["level"]), min_match)]
    order = sorted(sure, key=lambda place: _rank(works[place], popularity[place], sort))[offset : offset + limit]
    shown = [works[place] for place in order]
    named = {author["name"].casefold() for work in shown for author in work["authors"]}
    return {
        "works": shown,
        "editions": [editions[place] for place in order],
        "authors": [author for author in data["authors"] if author["name"].casefold() in named],
        "resultCount": len(shown),
        "totalResults": len(sure),
        "expiresAt": data["expiresAt"],
        "pagination": pagination(len(sure), limit=limit, offset=offset),
    }


def _rank(work: dict[str, Any], popularity: float, sort: Sort) -> tuple[Any, ...]:
    title, year = search_key(work["title"]), work.get("firstPublicationYear")
    if sort is Sort.TITLE:
        return title, year or NO_YEAR, work["id"]
    if sort is Sort.POPULARITY:
        return -popularity, -work["quality"], title, work["id"]
    if year is None:
        return 1, 0, title, work["id"]
    return 0, year if sort is Sort.YEAR_ASC else -year, title, work["id"]
