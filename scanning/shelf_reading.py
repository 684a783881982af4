"""A photo becomes books: engines look, what they saw is fused, all spines of a shelf are matched together, what was found is completed.

Used alike by the job, by `manage.py scan_photo` and by `manage.py evaluate scan`. Source: spec 06, "Bookshelf scan".
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from scanning import conf
from scanning.detections import Detection, Seen
from scanning.looking import Looked, look
from scanning.photos import shelf
from scanning.photos.candidate import Candidate, Judgement
from scanning.photos.fusion import fused
from scanning.photos.pieces import joined_detection
from scanning.photos.reading import queries
from scanning.photos.reading_order import in_reading_order
from scanning.photos.seen_twice import without_seen_twice
from scanning.photos.splitting import own_box, parted
from scanning.photos.works import same_work
from scanning.picture_process import PictureProcess
from scanning.scan_books import Bars, Dto, book_of_isbn, book_of_text
from search import services as search

CATALOGUE_OFFERS = 20  # candidates a spine
ASKED_OUTSIDE = 40  # spines of a photo that providers are asked about: the rest is read in the catalogue only
LOOKED, OFFERED, DECIDED, COMPLETED = 0.5, 0.6, 0.7, 0.95  # of a photo's work, when each is done
BARCODES = 0.2
TROUBLES = ("error", "circuit_open")  # nobody could be asked: no word about whether there is such a book
NOT_ASKED = "Catalogues outside could not be asked just now: a book that was not recognised may well be in them. Scan again later."
Tell = Callable[[float, str, Sequence[str]], None]  # share 0..1 of the photo; status; titles known by now


@dataclass(slots=True)
class PhotoRead:
    """What became of a photo: books in reading order; what each engine did; troubles in words."""

    books: list[Dto] = field(default_factory=list)
    looked: list[Looked] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        return sum(one.tokens for one in self.looked)

    @property
    def model(self) -> str | None:
        return next((one.seen.model for one in self.looked if one.seen and one.seen.model), None)


async def read_photo(
    jpeg: bytes,
    width: int,
    height: int,
    *,
    engines: Sequence[str],
    pictures: PictureProcess,
    resolver: search.Resolver,
    tell: Tell = lambda _share, _status, _titles: None,
) -> PhotoRead:
    """Read a photo, which is upright JPEG of that size. Engines that failed are in `looked`, with their reasons."""
    return await ShelfReader(resolver, tell).read(jpeg, width, height, engines=engines, pictures=pictures)


class ShelfReader:
    """Makes books of what engines saw on one photo."""

    def __init__(self, resolver: search.Resolver, tell: Tell = lambda _share, _status, _titles: None) -> None:
        self._resolver, self._tell = resolver, tell
        self._by_isbn: dict[str, asyncio.Task[search.Resolution]] = {}
        self._numbered: list[Detection] = []  # of those, what was seen
        self._titles: list[str] = []
        self._troubles: dict[int, str] = {}  # of spines that somebody could not be asked about: the status, by place
        self._share = 0.0
        self._bars = Bars(conf.confidence_threshold(), conf.SCAN_MATCH)

    async def read(self, jpeg: bytes, width: int, height: int, *, engines: Sequence[str], pictures: PictureProcess) -> PhotoRead:
        """Have the engines look, and make books of it."""
        looked = await look(jpeg, width, height, names=engines, pictures=pictures, heard=self.heard)
        warnings = [sentence for one in looked if one.seen for sentence in one.seen.warnings]
        warnings += [one.failure.message for one in looked if one.failure]
        books = await self.books([one.seen for one in looked if one.seen])
        return PhotoRead(books, looked, warnings + ([NOT_ASKED] if self._troubles else []))

    def found_by_now(self) -> list[Dto]:
        """Books whose ISBN was read and has been looked up, for a scan that ends before its time."""
        known = [(seen, self._by_isbn[seen.isbn or ""]) for seen in self._numbered]
        told = [(seen, task.result()) for seen, task in known if task.done() and not task.cancelled() and task.exception() is None]
        return [{"id": number, **book_of_isbn(seen, found, self._bars)} for number, (seen, found) in enumerate(told)]

    def heard(self, looked: Looked) -> None:
        """An engine has ended: books whose ISBN it saw are looked up while others still look."""
        if looked.seen is not None:
            for detection in looked.seen.detections:
                self._look_up(detection)
        self._told(max(self._share, BARCODES), "reading spines")

    def _look_up(self, detection: Detection) -> None:
        if detection.isbn is None or detection.isbn in self._by_isbn:
            return
        self._numbered.append(detection)
        wanted = search.Wanted(isbn=detection.isbn, title=detection.title or "", author=detection.author or "")
        task = self._by_isbn[detection.isbn] = asyncio.create_task(self._resolver.resolve(wanted))
        task.add_done_callback(self._known)

    def _known(self, task: "asyncio.Task[search.Resolution]") -> None:
        if not task.cancelled() and task.exception() is None and (work := task.result().work):
            self._titles.append(work["title"])
            self._told(self._share, "reading spines")

    def _told(self, share: float, status: str) -> None:
        self._share = max(self._share, share)
        self._tell(self._share, status, self._titles)

    async def books(self, seen: Sequence[Seen]) -> list[Dto]:
        """The books of a photo in the order in which the shelf is read."""
        self._told(LOOKED, "matching")
        found: list[tuple[Detection, Dto]] = []
        spines: list[Detection] = []
        for detection in fused(seen):
            self._look_up(detection)
            resolution = await self._by_isbn[detection.isbn] if detection.isbn else None
            if resolution is not None and (resolution.success or not (detection.lines or detection.title)):
                found.append((detection, book_of_isbn(detection, resolution, self._bars)))
            else:
                spines.append(detection)
        found += await self._of_text(spines)
        self._told(COMPLETED, "matching")
        placed = in_reading_order(without_seen_twice(found), lambda pair: pair[0].box)
        return [{"id": number, **book} for number, (_, book) in enumerate(placed)]

    # -- spines
    async def _of_text(self, spines: list[Detection]) -> list[tuple[Detection, Dto]]:
        if not spines:
            return []
        asked = [queries(spine) for spine in spines]
        spines, offers = parted(spines, await self._catalogue(asked))
        asked = [queries(spine) for spine in spines]
        self._told(OFFERED, "matching")
        judged = shelf.decide(spines, offers)
        offers = await self._providers(asked, offers, judged)
        judged = shelf.decide(spines, offers)
        self._told(DECIDED, "completing")
        return await self._completed(spines, judged)

    async def _catalogue(self, asked: Sequence[Sequence[str]]) -> list[list[Candidate]]:
        """What the catalogue offers for each spine, by its best text."""
        texts = [texts[0] if texts else "" for texts in asked]
        offered = await search.works_like(texts, most=CATALOGUE_OFFERS)
        return [[_candidate(offer) for offer in offers] for offers in offered]

    async def _providers(
        self, asked: Sequence[Sequence[str]], offers: list[list[Candidate]], judged: Sequence[Judgement]
    ) -> list[list[Candidate]]:
        """The same with what providers offer for those spines that the catalogue does not know for sure."""
        certain = {member for one in judged if one.decision == "found" for member in one.members}
        open_ones = [place for place, texts in enumerate(asked) if texts and place not in certain][:ASKED_OUTSIDE]

        async def one(place: int) -> list[Candidate]:
            read = next((one for one in judged if place in one.members), None)
            told = await self._resolver.offers(title=(read and read.title) or "", author=(read and read.author) or "", text=asked[place][0])
            if told.status in TROUBLES:
                self._troubles[place] = told.status
            return [_candidate(offer) for offer in told.found]

        more = dict(zip(open_ones, await asyncio.gather(*map(one, open_ones)), strict=True))
        return [_distinct([*known, *more.get(place, [])]) for place, known in enumerate(offers)]

    async def _completed(self, spines: Sequence[Detection], judged: Sequence[Judgement]) -> list[tuple[Detection, Dto]]:
        async def one(judgement: Judgement) -> tuple[Detection, Dto]:
            detection = reduce(joined_detection, [spines[member] for member in judgement.members])
            if judgement.decision == "found" and judgement.winner is not None:
                detection = detection.with_box(own_box(detection, judgement.winner.candidate))
            resolution = await self._resolved(judgement) if judgement.decision == "found" else None
            trouble = next((self._troubles[member] for member in judgement.members if member in self._troubles), None)
            return detection, book_of_text(detection, judgement, resolution, self._bars, trouble)

        return list(await asyncio.gather(*map(one, judged)))

    async def _resolved(self, judgement: Judgement) -> search.Resolution | None:
        """The winner completed as in a batch enrichment; None where that leads to another work."""
        winner = judgement.winner
        if winner is None:
            return None
        candidate = winner.candidate
        wanted = search.Wanted(title=candidate.title, author=candidate.authors[0] if candidate.authors else "")
        found = await self._resolver.resolve(wanted)
        same = found.work is None or same_work(_candidate(search.Offer("", found.work, {})), candidate)
        return found if same else None


def _candidate(offer: search.Offer) -> Candidate:
    work, edition = offer.work, offer.edition
    return Candidate(
        key=offer.key,
        title=work["title"],
        subtitle=work.get("subtitle", ""),
        authors=tuple(author["name"] for author in work.get("authors", ())),
        series=(work.get("series") or {}).get("name", ""),
        language=(edition or {}).get("language") or work.get("originalLanguage", ""),
        isbns=tuple((edition or {}).get("isbns", ())),
        publishers=tuple(filter(None, [(edition or {}).get("publisher")])),
        year=work.get("firstPublicationYear"),
        payload={"work": work, **({"edition": edition} if edition else {})},
    )


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Each work once, as it was offered first."""
    return list({one.key: one for one in reversed(candidates)}.values())[::-1]


def facts_of(read: PhotoRead) -> list[dict[str, Any]]:
    """What each engine did, for the operators' page."""
    return [one.as_dto() for one in read.looked]
