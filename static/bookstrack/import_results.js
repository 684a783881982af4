// The rows of an import: filtered, compared with what was found, decided by hand, and downloaded.
// All rows are read once; of each only a line is kept, and what is opened or downloaded is asked for again.

import { $, cut, element, number } from "./dom.js";
import { allColumns, originalColumns } from "./import_export.js";
import { noteInWords } from "./import_look.js";
import { panelOf } from "./import_panel.js";
import { Choices, foundAuthors, foundTitle, foundYear, groupOf, inOrder, percent, yearInWords } from "./import_rows.js";
import { ask } from "./job_channel.js";
import { csvOf, save } from "./job_export.js";

const PAGE_SIZE = 50;
const FETCHED_AT_ONCE = 1000;
const CELL_CHARS = 200;
const COLUMNS = ["Row", "In your file", "Found", "Year", "Match", "Result", "More"];

export class ImportResults {
  #job;
  #all; // words of the page
  #words; // of imports
  #choices;
  #lines = []; // { row, place, group, asked, found, year, match, said } of every row
  #group = "all";
  #offset = 0;
  #data = null; // of the first page: what holds for the file
  #turn = 0;

  constructor(job, words) {
    [this.#job, this.#all, this.#words] = [job, words, words.imports];
    this.#choices = new Choices(job.id);
    const on = (id, act) => $(id).addEventListener("click", act);
    on("imported-back", () => this.#turnTo(this.#offset - PAGE_SIZE));
    on("imported-on", () => this.#turnTo(this.#offset + PAGE_SIZE));
    on("imported-again", () => this.show());
    on("rows-csv", () => this.#download($("rows-csv"), "all", (items) => csvOf(allColumns(items, this.#choices, this.#groupOf), items)));
    on("rows-json", () => this.#download($("rows-json"), "json", (items) => this.#asJson(items)));
    on("rows-correct", () => this.#download($("rows-correct"), "to-correct", (items) => this.#asOriginal(items), this.#toCorrect()));
  }

  clear() {
    this.#turn += 1;
    $("imported").hidden = true;
  }

  // -- reading

  async show() {
    const turn = ++this.#turn;
    [this.#lines, this.#group, this.#offset, this.#data] = [[], "all", 0, null];
    for (const id of ["imported-again", "groups", "imported-some", "imported-table", "imported-pages"]) $(id).hidden = true;
    for (const label of $("groups").querySelectorAll("label")) label.remove();
    $("imported").hidden = false;
    say("Reading the rows…");
    try {
      for (let more = true; more; ) {
        const page = await this.#fetch(this.#lines.length, FETCHED_AT_ONCE);
        if (turn !== this.#turn) return;
        more = page.hasMore;
        this.#take(page);
      }
    } catch (error) {
      if (turn !== this.#turn) return;
      say(`The rows could not be read to the end: ${error.message}`);
      $("imported-again").hidden = false;
    }
  }

  async #fetch(offset, limit) {
    const { data } = await ask(this.#job, `/results?${new URLSearchParams({ limit, offset })}`);
    const items = inOrder(data);
    return { data, items, hasMore: data.pagination.hasMore && items.length > 0 };
  }

  #take({ data, items, hasMore }) {
    const first = !this.#data;
    this.#lines.push(...items.map((item, i) => this.#lineOf(item, this.#lines.length + i)));
    this.#data ??= data;
    this.#showGroups();
    const { total } = data.pagination;
    say(hasMore ? `Reading the rows… ${number(this.#lines.length)} of ${number(total)}` : this.#inWords(data));
    if (first) this.#showFile(data);
    if (first || !hasMore) this.#showPage();
  }

  #lineOf(item, place) {
    const [asked, author] = item.code ? [item.raw, ""] : [item.title ?? item.isbn ?? "", item.author];
    const line = { row: item.row, place, own: this.#ownGroup(item), code: item.code, asked: cut(asked, CELL_CHARS), author: cut(author ?? "", CELL_CHARS) };
    const chosen = this.#choices.of(item);
    const other = chosen && !chosen.chosen; // of it only what the candidate says is known
    const [title, authors] = other ? [chosen.title, chosen.author] : [foundTitle(item), foundAuthors(item)];
    const found = { found: cut([title, authors].filter(Boolean).join(" · "), CELL_CHARS), year: other ? "" : yearInWords(foundYear(item)) };
    const match = other ? null : item.enrich?.match;
    const matched = match ? `${this.#all.matches[match.by] ?? match.by}, ${percent(match.score)}` : "";
    return { ...line, ...found, match: matched, said: saidOf(item), cut: item.raw?.length >= this.#words.rawChars };
  }

  #ownGroup = (item) => groupOf(item, this.#words.sureMatch);
  #groupOf = (item) => (this.#choices.has(item.row) ? "matched" : this.#ownGroup(item));
  #lineGroup = (line) => (this.#choices.has(line.row) ? "matched" : line.own);

  #inWords(data) {
    if (!this.#lines.length) return "There are none.";
    const part = data.partial ? ", as far as the job came" : "";
    const read = data.summary.successCount;
    return `${number(this.#lines.length)} ${this.#lines.length === 1 ? "row" : "rows"}${part}: ${number(read)} of them ${read === 1 ? "is a book" : "are books"}.`;
  }

  // -- showing

  #showFile(data) {
    const notes = data.summary.warnings ?? [];
    const [summary, list] = $("imported-notes").children;
    $("imported-notes").hidden = !notes.length;
    summary.textContent = `${number(notes.length)} ${notes.length === 1 ? "note" : "notes"} about the file`;
    list.replaceChildren(...notes.map((note) => element("li", {}, noteInWords(note))));
    const heads = COLUMNS.map((name) => element("th", { scope: "col", role: "columnheader" }, name));
    $("imported-table").tHead.replaceChildren(element("tr", { role: "row" }, ...heads));
  }

  #showGroups() {
    const counts = { all: this.#lines.length };
    for (const line of this.#lines) counts[this.#lineGroup(line)] = (counts[this.#lineGroup(line)] ?? 0) + 1;
    const known = ["all", ...Object.keys(this.#words.groups)].filter((group) => counts[group] || (group !== "read" && !counts.read));
    const places = $("groups").querySelectorAll("label");
    for (const label of places) if (!known.includes(label.dataset.group)) label.remove();
    for (const group of known) {
      const label = $("groups").querySelector(`[data-group="${group}"]`) ?? this.#groupLabel(group);
      label.lastChild.textContent = `${this.#words.groups[group] ?? "all"} ${number(counts[group] ?? 0)}`;
    }
    const faulty = this.#toCorrect().length;
    $("rows-correct").textContent = `Download ${number(faulty)} ${faulty === 1 ? "row" : "rows"} to correct`;
    $("rows-correct").hidden = !faulty;
    for (const id of ["groups", "imported-some", "imported-table"]) $(id).hidden = !this.#lines.length;
  }

  #groupLabel(group) {
    const choice = element("input", { type: "radio", name: "group", value: group, checked: group === this.#group });
    choice.addEventListener("change", () => {
      this.#group = group;
      this.#offset = 0;
      this.#showPage();
    });
    const label = element("label", { dataset: { group } }, choice, element("span"));
    $("groups").append(label);
    return label;
  }

  #shown() {
    return this.#group === "all" ? this.#lines : this.#lines.filter((line) => this.#lineGroup(line) === this.#group);
  }

  #showPage() {
    const lines = this.#shown();
    const page = lines.slice(this.#offset, this.#offset + PAGE_SIZE);
    const none = element("tr", { role: "row" }, element("td", { role: "cell", colSpan: COLUMNS.length, className: "none" }, "There are none."));
    $("imported-table").tBodies[0].replaceChildren(...(page.length ? page.map((line) => this.#rowOf(line)) : [none]));
    $("imported-pages").hidden = lines.length <= PAGE_SIZE;
    $("imported-back").disabled = !this.#offset;
    $("imported-on").disabled = this.#offset + PAGE_SIZE >= lines.length;
  }

  #turnTo(offset) {
    this.#offset = Math.max(0, offset);
    this.#showPage();
    $("imported-title").focus({ preventScroll: true });
    $("imported-title").scrollIntoView({ block: "start" });
  }

  #rowOf(line) {
    const row = element("tr", { role: "row", dataset: { row: line.row } });
    this.#fillRow(row, line);
    return row;
  }

  #fillRow(row, line, open = false) {
    const taken = this.#choices.has(line.row);
    const group = this.#lineGroup(line);
    const result = taken ? "your choice" : [this.#words.results[group], line.said].filter(Boolean).join(": ");
    row.dataset.group = group;
    const more = element("button", { type: "button", className: "plain small", "aria-expanded": String(open), "aria-label": `Details of row ${line.row}` }, "Details");
    more.addEventListener("click", () => this.#toggle(row, line, more));
    const texts = [number(line.row), [line.asked, line.author].filter(Boolean).join(" · "), line.found, line.year, line.match, result];
    const cells = texts.map((text, i) => element("td", { role: "cell", dataset: { name: COLUMNS[i] } }, element("bdi", {}, text)));
    row.replaceChildren(...cells, element("td", { role: "cell", dataset: { name: COLUMNS.at(-1) } }, more));
  }

  // -- one row: what the file said beside what was found

  async #toggle(row, line, button) {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (open) return row.nextElementSibling.remove();
    const panel = element("td", { role: "cell", colSpan: COLUMNS.length }, element("p", { role: "status" }, "Reading the row…"));
    row.after(element("tr", { role: "row", className: "panel" }, panel));
    try {
      const { items } = await this.#fetch(line.place, 1);
      this.#showPanel(panel, row, line, items[0]);
    } catch (error) {
      panel.replaceChildren(element("p", { className: "problem" }, `The row could not be read: ${error.message}`));
    }
  }

  #showPanel(panel, row, line, item) {
    const take = (place, taken) => {
      this.#choices.take(item.row, taken ? place : null);
      Object.assign(line, this.#lineOf(item, line.place));
      this.#fillRow(row, line, true);
      this.#showGroups();
      this.#showPanel(panel, row, line, item);
      panel.querySelector(`[data-place="${place}"]`).focus();
      const { title } = item.enrich.candidates[place];
      say(`Row ${number(item.row)}: ${taken ? `“${title}” is taken` : "your choice is undone"}.`);
    };
    panel.replaceChildren(panelOf(this.#all, item, this.#choices.of(item), take));
  }

  // -- files

  #toCorrect() {
    const kept = new Set(["matched", "read"]);
    return this.#lines.filter((line) => !kept.has(this.#lineGroup(line)) && !this.#words.nothingToCorrect.includes(line.code));
  }

  async #download(button, kind, fileOf, wanted = null) {
    const label = button.textContent;
    button.disabled = true;
    try {
      const rows = wanted && new Set(wanted.map(({ row }) => row));
      const starts = wanted ? [...new Set(wanted.map(({ place }) => place - (place % FETCHED_AT_ONCE)))] : this.#starts();
      const items = [];
      for (const [done, start] of starts.entries()) {
        button.textContent = `Fetching… ${Math.floor((100 * done) / starts.length)} %`;
        const page = await this.#fetch(start, FETCHED_AT_ONCE);
        items.push(...(rows ? page.items.filter(({ row }) => rows.has(row)) : page.items));
      }
      const [name, ending] = [`bookstrack-import-${this.#job.id.slice(0, 12)}`, kind === "json" ? "json" : "csv"];
      save(kind === "to-correct" ? `${name}-to-correct.csv` : `${name}.${ending}`, ending === "csv" ? "text/csv" : "application/json", fileOf(items));
      const lost = kind === "to-correct" ? wanted.filter((line) => line.cut).length : 0;
      if (lost) say(`${number(lost)} of these rows are so long that only their beginnings were kept: take the rest from your own file.`);
    } catch (error) {
      say(`The file could not be made: ${error.message}`);
    } finally {
      button.textContent = label;
      button.disabled = false;
    }
  }

  #starts() {
    return Array.from({ length: Math.ceil(this.#lines.length / FETCHED_AT_ONCE) }, (_, i) => i * FETCHED_AT_ONCE);
  }

  #asJson(items) {
    const { jobId, pipeline, status, summary, detectedFormat, mapping } = this.#data;
    const rows = items.map((item) => (this.#choices.has(item.row) ? { ...item, taken: this.#choices.of(item) } : item));
    const [books, errors] = [rows.filter((item) => !item.code), rows.filter((item) => item.code)];
    return JSON.stringify({ jobId, pipeline, status, detectedFormat, mapping, summary, books, errors }, null, 1);
  }

  #asOriginal(items) {
    const { detectedFormat, summary } = this.#data;
    return csvOf(originalColumns(this.#data, this.#words.habits[detectedFormat]), items, (summary.kind === "csv" && summary.delimiter) || ",");
  }
}

function saidOf({ message, enrich }) {
  const count = enrich?.work ? 0 : (enrich?.candidates?.length ?? 0);
  return message ?? enrich?.error ?? (count ? `${count} ${count === 1 ? "book" : "books"} to choose from` : "");
}

function say(text) {
  $("imported-words").textContent = text;
}
