// Files made on this side: CSV that is safe to open in a spreadsheet, and the saving of it.

// What a spreadsheet would run, and what looks as if it was made harmless already: the same as scanning/imports/exporting.py
const FORMULA = /^'*\s*[=+\-@＝＋－＠]|^[\t\r\n]/;
const PLAIN_NUMBER = /^[+-]?\d+(?:[.,]\d+)?$/;
const SPECIAL = /["\r\n]|^\s|\s$/;

// Lines by RFC 4180, in UTF-8 with its mark, by which spreadsheets know it. `columns` are [name, of(item)].
export function csvOf(columns, items, delimiter = ",") {
  const line = (cells) => `${cells.map((value) => cell(value, delimiter)).join(delimiter)}\r\n`;
  const head = line(columns.map(([name]) => name));
  return `\ufeff${head}${items.map((item) => line(columns.map(([, of]) => of(item)))).join("")}`;
}

function cell(value, delimiter) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const text = FORMULA.test(value) && !PLAIN_NUMBER.test(value) ? `'${value}` : value;
  return SPECIAL.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
