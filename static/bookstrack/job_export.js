// Files made on this side: CSV that is safe to open in a spreadsheet, and the saving of it.

const FORMULA = /^[=+\-@＝＋－＠\t\r\n]/; // what a spreadsheet would run
const SPECIAL = /[",\r\n]|^\s|\s$/;

// Lines by RFC 4180, in UTF-8 with its mark, by which spreadsheets know it. `columns` are [name, of(item)].
export function csvOf(columns, items) {
  const lines = [columns.map(([name]) => name), ...items.map((item) => columns.map(([, of]) => of(item)))];
  return `\ufeff${lines.map((cells) => cells.map(cell).join(",")).join("\r\n")}\r\n`;
}

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
