// What was seen in a file before it is imported: its format, its columns, its first books, and what the import takes.

import { $, cut, element, number, terms } from "./dom.js";
import { duration } from "./job_pace.js";

const EXAMPLES = 2;
const EXAMPLE_CHARS = 60;
const CELL_CHARS = 200;
const NARROW = "(max-width: 48rem)";
const SIGNS = { ",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe" };

const known = (words, data) => data.detectedFormat !== words.generic;

export function showFormat(words, name, data) {
  const isKnown = known(words, data);
  const rows = `${number(data.totalRows)} ${data.totalRows === 1 ? "row" : "rows"}`;
  $("format").textContent = isKnown ? `Recognised: ${words.formats[data.detectedFormat] ?? data.detectedFormat}` : "No program’s export that is known";
  const encoding = data.encoding && (words.encodings[data.encoding]?.replace(/ \(.*/, "") ?? data.encoding.toUpperCase());
  const delimiter = data.delimiter && `separated by ${words.delimiters[SIGNS[data.delimiter]] ?? data.delimiter}`;
  const facts = [rows, words.kinds[data.kind] ?? data.kind, encoding, delimiter].filter(Boolean);
  $("format-words").textContent = `${name}: ${facts.join(", ")}.${isKnown ? "" : " Its columns were taken by their names and by what they hold."}`;
  showWarnings(data.warnings);
}

function showWarnings(warnings) {
  const [summary, list] = $("warnings").children;
  $("warnings").hidden = !warnings.length;
  summary.textContent = `${number(warnings.length)} ${warnings.length === 1 ? "note" : "notes"} about this file`;
  list.replaceChildren(...warnings.map((note) => element("li", {}, noteInWords(note))));
}

export function noteInWords({ message, row, column }) {
  const place = [row && `row ${number(row)}`, column && `column “${cut(column, EXAMPLE_CHARS)}”`].filter(Boolean).join(", ");
  return place ? `${place[0].toUpperCase()}${place.slice(1)}: ${message}` : message;
}

// -- columns

// One line for each column, with a choice of what it holds; `changed(header, field)` hears of every change.
export function showColumns(words, data, changed) {
  const lines = data.mapping.map((column, place) => columnLine(words, data, column, place, changed));
  $("columns").tBodies[0].replaceChildren(...lines);
  const understood = data.mapping.filter(({ field }) => field).length;
  const unsure = data.mapping.filter((column) => isUnsure(words, column)).length;
  const kept = data.mapping.length - understood;
  const parts = [`${number(understood)} understood`, unsure && `${number(unsure)} of them unsure`, kept && `${number(kept)} kept as they are`];
  $("columns-words").textContent = `${number(data.mapping.length)} columns: ${parts.filter(Boolean).join(", ")}`;
  $("columns-box").open = !known(words, data) || unsure > 0 || !matchMedia(NARROW).matches; // on a phone they are a long way
}

function columnLine(words, data, column, place, changed) {
  const how = element("span", {}, howInWords(words, column));
  const choice = fieldChoice(words, column);
  const line = element(
    "tr",
    { role: "row", dataset: { unsure: isUnsure(words, column) ? "yes" : "no" } },
    element("th", { scope: "row", role: "rowheader" }, element("bdi", {}, cut(column.column, CELL_CHARS))),
    cell("First values", element("bdi", {}, examples(data.preview.rows, place))),
    cell("Taken for", choice),
    cell("How it was told", how),
  );
  choice.addEventListener("change", () => {
    how.textContent = words.by.user;
    line.dataset.unsure = "no";
    changed(column.column, choice.value);
  });
  return line;
}

const cell = (name, child) => element("td", { role: "cell", dataset: { name } }, child);
const isUnsure = (words, { field, confidence, by }) => Boolean(field) && by !== "user" && confidence < words.sureColumn;

function howInWords(words, column) {
  if (!column.field && column.by !== "user") return "kept as it is";
  const how = words.by[column.by] ?? column.by;
  return isUnsure(words, column) ? `${how}, unsure: please check` : how;
}

function fieldChoice(words, { column, field }) {
  const choice = element("select", { "aria-label": `What the column “${cut(column, EXAMPLE_CHARS)}” holds` });
  const fields = [["", "(keep as it is)"], ...Object.entries(words.fields)];
  choice.append(...fields.map(([value, label]) => element("option", { value }, label)));
  choice.value = field ?? "";
  return choice;
}

function examples(rows, place) {
  const told = [...new Set(rows.map((row) => (row[place] ?? "").trim()).filter(Boolean))];
  return told.slice(0, EXAMPLES).map((text) => cut(text, EXAMPLE_CHARS)).join(" · ") || "(empty in the first rows)";
}

// -- the first rows

export function showPreview(words, { header, rows, books }) {
  $("books").replaceChildren(...books.map((book) => bookLine(words, book)));
  const lineOf = (cells, name, more = {}) => element("tr", {}, ...cells.map((text) => element(name, more, element("bdi", {}, cut(text, CELL_CHARS)))));
  $("rows").tHead.replaceChildren(lineOf(header, "th", { scope: "col" }));
  $("rows").tBodies[0].replaceChildren(...rows.map((cells) => lineOf(cells, "td")));
}

function bookLine(words, book) {
  if (book.code) return element("li", { className: "bad" }, `Row ${book.row} is no book: ${book.message}`);
  const title = element("strong", { dir: "auto" }, book.title ?? "(no title)");
  const authors = [book.author, ...(book.additionalAuthors ?? [])].filter(Boolean).join(", ");
  return element("li", {}, title, element("span", { className: "by", dir: "auto" }, authors), terms(factsOf(words, book), "facts-of"));
}

// What a row says of its book, beside title and author: [name, text] in the order in which people look for it.
export function factsOf(words, book) {
  const series = book.series && [book.series.name, book.series.position !== undefined && `#${book.series.position}`].filter(Boolean).join(", ");
  const others = Object.keys(book.extra ?? {}).length;
  return [
    ["Subtitle", book.subtitle],
    ["ISBN", (book.isbns ?? [book.isbn]).filter(Boolean).join(", ")],
    ["Series", series],
    ["Publisher", book.publisher],
    ["Published", book.publicationDate ?? text(book.publicationYear)],
    ["Pages", text(book.pageCount)],
    ["Format", book.format],
    ["Language", book.language],
    ["My rating", book.userRating !== undefined ? `${book.userRating} of 5` : ""],
    ["Reading status", words.readingStatuses[book.readingStatus] ?? book.readingStatus],
    ["Started", book.dateStarted],
    ["Read", book.dateRead],
    ["Added", book.dateAdded],
    ["Shelves", (book.shelves ?? []).join(", ")],
    ["Kept as it is", others ? `${others} ${others === 1 ? "column" : "columns"}` : ""],
  ];
}

const text = (value) => (value === undefined || value === null ? "" : String(value));

// -- what it takes

export function showPlan(words, data, enrich) {
  const name = (provider) => words.providers[provider] ?? provider;
  const calls = Object.entries(data.calls).filter(([, count]) => count);
  const asked = calls.map(([provider, count]) => [`Calls to ${name(provider)}`, callsInWords(count, data.budgetLeft[provider])]);
  const [usual, long] = [data.estimatedSeconds.p50, data.estimatedSeconds.p90].map((seconds) => duration(seconds * 1000));
  const about = [
    ["Rows", number(data.totalRows)],
    ...(enrich ? [["Known already", number(data.cached)], ...(asked.length ? asked : [["Calls to outside catalogues", "none"]])] : [["Catalogues", "are not asked"]]),
    ["Time", usual === long ? usual : `${usual} to ${long}`],
  ];
  $("plan").replaceChildren(...terms(about).children);
  const until = data.waitsUntil && new Date(data.waitsUntil).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  $("waits").textContent = until ? `The catalogues’ calls of today are used up: the import begins, and waits until ${until} for the rest.` : "";
  $("start").textContent = `Import ${number(data.totalRows)} ${data.totalRows === 1 ? "row" : "rows"}`;
}

function callsInWords(count, left) {
  return left === undefined ? `up to ${number(count)}` : `up to ${number(count)}, of ${number(left)} left today`;
}
