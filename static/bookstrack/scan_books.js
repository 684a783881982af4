// The books of a scan and what people made of them. What they change is kept for this tab, where it may be, and can be undone.

import { inReadingOrder } from "./scan_order.js";

const MOST_UNDONE = 100;

export const percent = (score) => `${Math.round(score * 100)}\u00a0%`;
export const namesOf = (authors) => (authors ?? []).map(({ name }) => name).filter(Boolean);
export const yearInWords = (year) => (year === undefined || year === null ? "" : year < 0 ? `${-year} BCE` : String(year));
export const isCover = (url) => /^(https:\/\/|\/covers\/)/.test(url ?? "");

const same = (one, other) => one.title === other.title && (one.author ?? "") === (other.author ?? "");

// What stands on a book's line, by what was found: a work and perhaps one of its editions.
export function choiceOf({ work, edition, ...more }) {
  return {
    title: edition?.title ?? work?.title ?? "",
    author: namesOf(work?.authors).join(", "),
    authors: namesOf(work?.authors),
    subtitle: edition?.subtitle ?? work?.subtitle,
    isbn: edition?.isbn ?? null,
    publisher: edition?.publisher,
    year: edition?.publicationYear ?? work?.firstPublicationYear,
    firstYear: work?.firstPublicationYear,
    pages: edition?.pageCount,
    language: edition?.language,
    cover: edition?.coverUrls?.small ?? edition?.coverImageURL ?? work?.coverImageURL,
    ...more,
  };
}

// A spine tells the work; which edition stands there is known only where its ISBN was read.
export function choiceOfCandidate({ title, author, score, reasons, work, edition }, book) {
  const own = book.isbn && [edition?.isbn, ...(edition?.isbns ?? [])].includes(book.isbn) ? edition : undefined;
  const cover = work?.coverImageURL ?? edition?.coverImageURL;
  return { ...choiceOf({ work, edition: own }), title, author: author ?? "", isbn: book.isbn ?? null, cover, score, reasons, source: "candidate" };
}

// What the scan itself took the book for; where it is not sure, the likeliest book is offered in place of what was read.
function ownChoice(book) {
  const { enrichment = {}, candidates = [] } = book;
  const read = { title: book.title ?? "", author: book.author ?? "" };
  if (book.decision === "unreadable") return { ...read, isbn: book.isbn, source: "read" };
  if (book.decision === "maybe" && candidates.length) return { ...choiceOfCandidate(candidates[0], book), source: "offer" };
  const found = choiceOf({ work: enrichment.work, edition: book.isbn ? enrichment.edition : undefined }); // spines tell no edition
  const like = candidates.find((candidate) => same(candidate, read));
  return {
    ...found,
    ...read,
    isbn: book.isbn ?? null,
    ...(book.isbn && { publisher: book.publisher ?? found.publisher, year: book.publicationYear ?? found.year }),
    cover: book.coverUrl ?? found.cover,
    score: enrichment.match?.score,
    by: enrichment.match?.by,
    reasons: enrichment.match?.reasons ?? like?.reasons ?? [],
    source: "scan",
  };
}

export class Shelf {
  #name;
  #books;
  #kept = { edits: {}, added: [] }; // edits: id to { choice?, accepted?, deleted? }
  #history = []; // { kept: JSON, said }

  constructor(jobId, books) {
    this.#name = `bookstrack-scan:${jobId}`;
    this.#books = books.map((book) => ({ ...book, id: String(book.id) }));
    try {
      const { edits, added } = JSON.parse(sessionStorage.getItem(this.#name)) ?? {};
      this.#kept = { edits: edits ?? {}, added: added ?? [] };
    } catch {
      // no storage, or nothing that can be read: changes last as long as the page
    }
  }

  // Every book that was not deleted, or those of one photo, in reading order; those that people added come last.
  entries(photo = null) {
    const all = [...this.#books, ...this.#kept.added];
    const numbered = (books, place) => ordered(books, place).map((book, i) => this.#entry(book, i + 1));
    const photos = [...new Set(all.map((book) => book.photo))].sort((one, other) => one - other);
    const wanted = photo === null ? photos.flatMap((own) => numbered(all.filter((book) => book.photo === own), own)) : numbered(all, photo);
    return wanted.filter(({ deleted }) => !deleted);
  }

  entry(id) {
    return this.entries().find((entry) => entry.id === id);
  }

  #entry(book, place) {
    const edit = this.#kept.edits[book.id] ?? {};
    const choice = edit.choice ?? ownChoice(book);
    const accepted = edit.accepted ?? book.approved;
    const group = accepted ? "sure" : book.decision === "unreadable" && !edit.choice ? "unreadable" : "review";
    return { id: book.id, book, place, choice, accepted, group, changed: Boolean(edit.choice), deleted: Boolean(edit.deleted) };
  }

  counts(photo = null) {
    const counts = { all: 0, sure: 0, review: 0, unreadable: 0 };
    for (const { group } of this.entries(photo)) {
      counts.all += 1;
      counts[group] += 1;
    }
    return counts;
  }

  // -- changes; `said` is what the undoing of it is offered with

  accept(id, accepted, said) {
    this.#change(said, () => this.#edit(id, { accepted }));
  }

  take(id, choice, said) {
    this.#change(said, () => this.#edit(id, { choice, accepted: true }));
  }

  remove(id, said) {
    this.#change(said, () => this.#edit(id, { deleted: true }));
  }

  add(photo, choice, said) {
    const id = `own-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
    const { title, author, isbn } = choice;
    const book = { id, photo, title, author, isbn, engine: "hand", decision: "found", approved: true, boundingBox: null, candidates: [] };
    this.#change(said, () => {
      this.#kept.added.push(book);
      this.#edit(id, { choice, accepted: true });
    });
    return id;
  }

  get undoable() {
    return this.#history.at(-1)?.said ?? "";
  }

  undo() {
    const last = this.#history.pop();
    if (!last) return "";
    this.#kept = JSON.parse(last.kept);
    this.#keep();
    return last.said;
  }

  #edit(id, members) {
    this.#kept.edits[id] = { ...this.#kept.edits[id], ...members };
  }

  #change(said, act) {
    this.#history.push({ kept: JSON.stringify(this.#kept), said });
    if (this.#history.length > MOST_UNDONE) this.#history.shift();
    act();
    this.#keep();
  }

  #keep() {
    try {
      sessionStorage.setItem(this.#name, JSON.stringify(this.#kept));
    } catch {
      // as above
    }
  }
}

// Books of a photo; one that is told with another photo stands where its frame is on this one.
function ordered(books, photo) {
  const here = books.filter((book) => boxOn(book, photo) !== undefined);
  return inReadingOrder(here, (book) => boxOn(book, photo));
}

// Where a book is on a photo; null where it is there without a box, undefined where it is not.
export function boxOn(book, photo) {
  if (book.photo === photo) return book.boundingBox ?? null;
  return book.seenIn?.find((seen) => seen.photo === photo)?.boundingBox;
}

// What a book is called; in quotes where that is only what was read.
export function titleInWords({ choice, book, place, group }) {
  if (group === "unreadable" && (choice.title || book.text)) return `“${choice.title || book.text}”`;
  return choice.title || (choice.isbn && `ISBN ${choice.isbn}`) || (book.text ? `“${book.text}”` : `Book ${place}`);
}
