// The files of a scan: its books as CSV in our own layout, which can be imported again, and everything as JSON.

import { csvOf } from "./job_export.js";
import { listed } from "./import_export.js";

// Columns of scanning/imports/exporting.py, then what the scan knows besides.
const COLUMNS = [
  ["title", ({ choice }) => choice.title],
  ["subtitle", ({ choice }) => choice.subtitle],
  ["author", ({ choice }) => listed(authorsOf(choice).slice(0, 1))],
  ["additionalAuthors", ({ choice }) => listed(authorsOf(choice).slice(1))],
  ["isbn", ({ choice }) => choice.isbn],
  ...["series", "seriesPosition"].map(empty),
  ["publisher", ({ choice }) => choice.publisher],
  ["publicationDate", ({ choice }) => choice.year],
  ["originalPublicationYear", ({ choice }) => choice.firstYear],
  ["pageCount", ({ choice }) => choice.pages],
  ["format", ({ book }) => book.format],
  ...["userRating", "readingStatus", "dateRead", "dateStarted", "dateAdded", "shelves", "review", "notes"].map(empty),
  ["language", ({ choice }) => choice.language],
  ...["readCount", "ids"].map(empty),
  ["photo", ({ book }) => book.photo + 1],
  ["place", ({ place }) => place],
  ["result", ({ group }) => group],
  ["chosenBy", ({ choice }) => (choice.source === "scan" || choice.source === "read" ? "scan" : "hand")],
  ["matchScore", ({ choice, offer }) => (offer ?? choice).score],
  ["suggestedTitle", ({ offer }) => offer?.title],
  ["suggestedAuthor", ({ offer }) => offer?.author],
  ["confidence", ({ book }) => book.confidence],
  ["engine", ({ book }) => book.engine],
  ["textRead", ({ book }) => book.text],
];

// Each by itself where that is known: a comma may stand within a name, and people write a semicolon between two.
function authorsOf({ author, authors = [] }) {
  if (authors.length && authors.join(", ") === author) return authors;
  return (author ?? "").split(/\s*;\s*/).filter(Boolean);
}

function empty(name) {
  return [name, () => ""];
}

// Books without a title or an ISBN are left out: a row of an import needs one.
export const asCsv = (entries) => csvOf(COLUMNS, entries.map(told).filter(({ choice }) => choice.title || choice.isbn));

// What is only offered is nobody's choice yet: the book is told as it was read, and the offer beside it.
function told(entry) {
  const { book, choice, accepted } = entry;
  if (accepted || choice.source !== "offer") return entry;
  return { ...entry, choice: { title: book.title ?? "", author: book.author ?? "", isbn: book.isbn, source: "read" }, offer: choice };
}

export function asJson(data, entries) {
  const { jobId, status, photos, suggestions, warnings, metadata } = data;
  const books = entries.map(told).map(({ book, choice, accepted, group, changed }) => ({
    ...book,
    title: choice.title || null,
    author: choice.author || null,
    isbn: choice.isbn ?? null,
    approved: accepted,
    result: group,
    ...((changed || choice.source === "offer") && { choice }),
  }));
  return JSON.stringify({ jobId, status, books, photos, suggestions, warnings, metadata }, null, 1);
}
