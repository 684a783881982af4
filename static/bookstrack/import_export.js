// The files of an import: every row as CSV, and rows to correct in the columns of the file that they came from.

import { foundAuthors, foundTitle, foundYear } from "./import_rows.js";

// Values in one cell as scanning/imports/cells.py writes and reads them.
export function listed(values, separator = ";") {
  const isPlain = values.every((value) => !value.includes(separator) && !/^["[]/.test(value));
  return isPlain ? values.join(`${separator} `) : JSON.stringify(values);
}

// Columns of the file with everything: those of our own layout (scanning/imports/exporting.py), so that it can be imported again, then
// what was found. `choices` is what people took, `resultOf(item)` its group.
export function allColumns(items, choices, resultOf) {
  const member = (name) => [name, (item) => item[name]];
  const edition = (name) => (item) => item.enrich?.edition?.[name];
  const kept = new Set(items.flatMap((item) => Object.keys(item.extra ?? {})));
  return [
    ...["title", "subtitle"].map(member),
    ["author", (item) => item.author && listed([item.author])],
    ["additionalAuthors", (item) => listed(item.additionalAuthors ?? [])],
    ["isbn", (item) => item.isbns?.join("; ") ?? item.isbn],
    ["series", (item) => item.series?.name],
    ["seriesPosition", (item) => item.series?.position],
    ...["publisher", "publicationDate", "originalPublicationYear", "pageCount", "format", "userRating", "readingStatus"].map(member),
    ...["dateRead", "dateStarted", "dateAdded"].map(member),
    ["shelves", (item) => listed(item.shelves ?? [])],
    ...["review", "notes", "language", "readCount"].map(member),
    ["ids", (item) => (Object.keys(item.ids ?? {}).length ? JSON.stringify(item.ids) : "")],
    ...[...kept].map((header) => [`extra: ${header}`, (item) => item.extra?.[header]]),
    ["row", (item) => item.row],
    ["result", resultOf],
    ["foundTitle", foundTitle],
    ["foundAuthors", foundAuthors],
    ["foundIsbn", edition("isbn")],
    ["foundPublisher", edition("publisher")],
    ["foundYear", foundYear],
    ["foundPageCount", edition("pageCount")],
    ["matchBy", (item) => item.enrich?.match?.by],
    ["matchScore", (item) => item.enrich?.match?.score],
    ["provider", (item) => (item.enrich?.provider === "none" ? "" : item.enrich?.provider)],
    ["takenTitle", (item) => choices.of(item)?.title],
    ["takenAuthor", (item) => choices.of(item)?.author],
    ["takenIsbn", (item) => choices.of(item)?.isbn],
    ["problem", (item) => item.message ?? item.enrich?.error],
    ["raw", (item) => item.raw],
  ];
}

// The columns of the file that was imported. `data` is a page of results: its mapping and what was seen of the file; `habits` is how the
// program writes, nothing where that is not known. A cell that its field does not tell whole was kept under its header: then that is the
// cell; else it is written from the book.
export function originalColumns({ mapping, summary: { kind, delimiter } }, habits) {
  const layout = new Layout(mapping, habits);
  const made = new WeakMap();
  const cellsOf = (item) => {
    if (!made.has(item)) made.set(item, item.code ? rawCells(item.raw, kind, delimiter, mapping) : layout.cells(item));
    return made.get(item);
  };
  return mapping.map(({ column }, place) => [column, (item) => cellsOf(item)[place]]);
}

function rawCells(raw, kind, delimiter, mapping) {
  if (kind === "json") return membersIn(raw, mapping);
  const mark = kind === "xlsx" ? "\t" : delimiter;
  const cells = mark ? cellsIn(raw, mark) : [raw];
  const last = mapping.length - 1; // nothing is lost of a row that is too long
  return cells.length > mapping.length ? [...cells.slice(0, last), cells.slice(last).join(mark)] : cells;
}

function membersIn(raw, mapping) {
  try {
    const record = JSON.parse(raw);
    return mapping.map(({ column }) => (typeof record[column] === "object" ? JSON.stringify(record[column]) : (record[column] ?? "")));
  } catch {
    return [raw]; // it was cut
  }
}

class Layout {
  #mapping;
  #habits;
  #has; // fields, and ids of columns of their own

  constructor(mapping, habits = { ratingOf: null, listSeparator: "" }) {
    [this.#mapping, this.#habits] = [mapping, habits];
    this.#has = new Set(mapping.map(({ column, field }) => (field === "otherId" ? column : field)));
  }

  cells(book) {
    const used = new Set(); // a field of several columns is written into one of them
    const isbnColumn = this.#isbnColumn();
    return this.#mapping.map(({ column, field }) => {
      const kept = book.extra?.[column] ?? book.extra?.[column.replace(/^extra: /, "")]; // the latter in our own layout
      if (kept !== undefined || !field) return kept ?? "";
      if (field === "otherId") return book.ids?.[column] ?? "";
      if (used.has(field) || (field === "isbn" && column !== isbnColumn)) return "";
      used.add(field);
      return this.#cell(field, book);
    });
  }

  // Of several, the one for the longer form.
  #isbnColumn() {
    const columns = this.#mapping.filter(({ field }) => field === "isbn").map(({ column }) => column);
    return columns.find((column) => column.includes("13")) ?? columns[0];
  }

  #cell(field, book) {
    const write = WRITERS[field];
    return write ? write(book, this.#has, this.#habits) : (book[field] ?? book.ids?.[field] ?? "");
  }
}

const WRITERS = {
  title: ({ title, subtitle, series }, has) => {
    const whole = [title, has.has("subtitle") ? "" : subtitle].filter(Boolean).join(": ");
    return series && !has.has("series") ? `${whole} (${seriesInWords(series, true)})` : whole;
  },
  author: ({ author, additionalAuthors }, has) => [author, ...(has.has("additionalAuthors") ? [] : additionalAuthors)].filter(Boolean).join("; "),
  additionalAuthors: ({ additionalAuthors }) => listed(additionalAuthors),
  authorFirst: ({ author }, has) => (has.has("author") || !author?.includes(" ") ? "" : author.slice(0, author.lastIndexOf(" "))),
  authorLast: ({ author }, has) => (has.has("author") || !author ? "" : author.slice(author.lastIndexOf(" ") + 1)),
  isbn: ({ isbn, isbns, ids = {} }, has) => {
    const others = has.has("asin") ? [ids.uid] : [ids.asin, ids.uid]; // some programs write those in the same column
    return (isbns ?? [isbn]).filter(Boolean).map(asText).join(", ") || others.find(Boolean) || "";
  },
  series: ({ series }, has) => (series ? seriesInWords(series, !has.has("seriesPosition")) : ""),
  seriesPosition: ({ series }) => series?.position ?? "",
  publicationDate: ({ publicationDate, publicationYear }, has) => publicationDate ?? (has.has("originalYear") ? "" : (publicationYear ?? "")),
  originalYear: ({ originalPublicationYear }) => originalPublicationYear ?? "",
  userRating: ({ userRating }, has, { ratingOf }) => {
    if (userRating === undefined) return "";
    return ratingOf ? (userRating / 5) * ratingOf : `${userRating} of 5`; // the words say it where the file's own scale is not known
  },
  shelves: ({ shelves }, has, { listSeparator }) => {
    const separator = listSeparator || (shelves.some((shelf) => shelf.includes(",")) ? ";" : ",");
    return listed(shelves, separator);
  },
  identifiers: (book, has) => {
    const ids = Object.entries(book.ids ?? {}).filter(([scheme]) => !has.has(scheme));
    return [...ids, ...(book.isbn && !has.has("isbn") ? [["isbn", book.isbn]] : [])].map(([scheme, value]) => `${scheme}:${value}`).join(",");
  },
};

const seriesInWords = ({ name, position }, numbered) => (numbered && position !== undefined ? `${name}, #${position}` : name);

// Spreadsheets show thirteen digits as 9.78E+12, and save that; with its hyphen an ISBN is a text to them.
const asText = (isbn) => (isbn.length === 13 ? `${isbn.slice(0, 3)}-${isbn.slice(3)}` : isbn);

// The cells of a line as it stood in the file.
export function cellsIn(raw, delimiter) {
  const cells = [];
  let rest = raw;
  for (;;) {
    const quoted = rest.match(/^"((?:[^"]|"")*)"/);
    const end = quoted && (rest.length === quoted[0].length || rest.startsWith(delimiter, quoted[0].length));
    const stop = end ? quoted[0].length : rest.indexOf(delimiter);
    const whole = stop < 0 || stop === rest.length;
    cells.push(end ? quoted[1].replaceAll('""', '"') : whole ? rest : rest.slice(0, stop));
    if (whole) return cells;
    rest = rest.slice(stop + delimiter.length);
  }
}
