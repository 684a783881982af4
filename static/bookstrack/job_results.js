// The results of a job: a table by pages, and everything as a file. Text from outside is only ever set as text.

import { ask } from "./job_channel.js";
import { csvOf, save } from "./job_export.js";

const $ = (id) => document.getElementById(id);
const PAGE_SIZE = 50;
const FETCHED_AT_ONCE = 1000;
const MAX_COLUMNS = 10;
const MAX_CELL_CHARS = 200;
const number = (value) => value.toLocaleString("en");

export class Results {
  #job;
  #words;
  #page = null; // { member, items, offset, total, … } that is shown
  #turn = 0;

  constructor(job, words) {
    [this.#job, this.#words] = [job, words];
    $("back").addEventListener("click", () => this.#turnTo(this.#page.offset - PAGE_SIZE));
    $("on").addEventListener("click", () => this.#turnTo(this.#page.offset + PAGE_SIZE));
    $("json").addEventListener("click", () => this.#download($("json"), "json"));
    $("csv").addEventListener("click", () => this.#download($("csv"), "csv"));
  }

  clear() {
    this.#turn += 1;
    this.#page = null;
    $("results").hidden = true;
  }

  async show(offset) {
    const turn = ++this.#turn;
    $("results").hidden = false;
    say("Fetching the results…");
    try {
      const page = await this.#fetch(Math.max(0, offset), PAGE_SIZE);
      if (turn === this.#turn) this.#fill(page);
    } catch (error) {
      if (turn === this.#turn) say(`The results could not be fetched: ${error.message}`);
    }
  }

  async #turnTo(offset) {
    await this.show(offset);
    $("results-title").focus({ preventScroll: true });
    $("results-title").scrollIntoView({ block: "start" });
  }

  async #fetch(offset, limit) {
    const { data } = await ask(this.#job, `/results?${new URLSearchParams({ limit, offset })}`);
    const lists = Object.entries(data).filter(([, value]) => Array.isArray(value));
    const [member, items] = lists.find(([name]) => name === "enrichedBooks") ?? lists.find(([, list]) => list.length) ?? lists[0] ?? ["items", []];
    const { total, hasMore } = data.pagination;
    return { data, member, items, offset, total, hasMore };
  }

  #fill(page) {
    this.#page = page;
    const { items, offset, total, hasMore, member, data } = page;
    const columns = member === "enrichedBooks" ? this.#bookColumns() : plainColumns(items);
    $("table").tHead.replaceChildren(element("tr", { role: "row" }, ...columns.map(([name]) => element("th", { scope: "col", role: "columnheader" }, name))));
    $("table").tBodies[0].replaceChildren(...items.map((item) => rowOf(columns, item)));
    const part = total > items.length ? `${number(offset + 1)}–${number(offset + items.length)} of ${number(total)}` : number(total);
    say(total ? `${part} ${total === 1 ? "item" : "items"}${data.partial ? ", as far as the job came" : ""}.` : "There are none.");
    $("table").hidden = $("downloads").hidden = !total;
    $("pages").hidden = !offset && !hasMore;
    $("back").disabled = !offset;
    $("on").disabled = !hasMore;
  }

  #bookColumns() {
    const words = this.#words;
    return [
      ["#", (item) => String(item.index + 1)],
      ["Asked", (item) => [item.isbn, item.title, item.author].filter(Boolean).join(" · ")],
      ["Found", (item) => item.enriched?.work?.title],
      ["Authors", (item) => authors(item)],
      ["Year", (item) => yearInWords(year(item))],
      ["Publisher", (item) => item.enriched?.edition?.publisher],
      ["Match", (item) => item.match && `${words.matches[item.match.by] ?? item.match.by}, ${Math.round(item.match.score * 100)}\u00a0%`],
      ["Status", (item) => [words.statuses[item.status] ?? item.status, item.error].filter(Boolean).join(": ")],
      ["Provider", (item) => (item.provider === "none" ? "" : item.provider?.replaceAll("+", ", "))],
    ];
  }

  async #download(button, kind) {
    const label = button.textContent;
    const { member, total, data } = this.#page;
    button.disabled = true;
    try {
      const items = [];
      for (let more = true; more; ) {
        const page = await this.#fetch(items.length, FETCHED_AT_ONCE);
        items.push(...page.items);
        more = page.hasMore && page.items.length > 0;
        button.textContent = `Fetching… ${Math.floor((100 * items.length) / Math.max(total, 1))} %`;
      }
      const { jobId, pipeline, status, summary } = data;
      const name = `bookstrack-${pipeline.replaceAll("_", "-")}-${jobId.slice(0, 12)}.${kind}`;
      if (kind === "csv") save(name, "text/csv", csvOf(member === "enrichedBooks" ? BOOK_CELLS : plainCells(items), items));
      else save(name, "application/json", JSON.stringify({ jobId, pipeline, status, summary, [member]: items }, null, 1));
    } catch (error) {
      say(`The file could not be made: ${error.message}`);
    } finally {
      Object.assign(button, { textContent: label, disabled: false });
    }
  }
}

// -- what stands in a column

const authors = (item) => (item.enriched?.authors ?? item.enriched?.work?.authors ?? []).map((author) => author.name).join(", ");
const year = (item) => item.enriched?.edition?.publicationYear ?? item.enriched?.work?.firstPublicationYear;
const yearInWords = (value) => (value < 0 ? `${-value} BCE` : value);
const isPlain = (value) => value === null || typeof value !== "object";
const plain = (value) => (isPlain(value) ? value : JSON.stringify(value));

const BOOK_CELLS = [
  ["number", (item) => item.index + 1],
  ["asked_isbn", (item) => item.isbn],
  ["asked_title", (item) => item.title],
  ["asked_author", (item) => item.author],
  ["found_title", (item) => item.enriched?.work?.title],
  ["authors", authors],
  ["year", year],
  ["publisher", (item) => item.enriched?.edition?.publisher],
  ["isbn", (item) => item.enriched?.edition?.isbn],
  ["match_by", (item) => item.match?.by],
  ["match_score", (item) => item.match?.score],
  ["status", (item) => item.status],
  ["error", (item) => item.error],
  ["provider", (item) => item.provider],
];

function plainCells(items) {
  const names = new Set(items.flatMap((item) => (isPlain(item) ? ["value"] : Object.keys(item))));
  return [...names].map((name) => [name, (item) => plain(isPlain(item) ? item : item[name])]);
}

// plain members first: they say more in little space
function plainColumns(items) {
  const nested = ([, of]) => items.some((item) => /^[[{]/.test(of(item) ?? ""));
  const cells = plainCells(items);
  return [...cells.filter((cell) => !nested(cell)), ...cells.filter(nested)].slice(0, MAX_COLUMNS);
}

// -- the table

// the roles are said because a table of blocks, as on a phone, would have none
function element(name, { role, ...members }, ...children) {
  const made = Object.assign(document.createElement(name), members);
  if (role) made.setAttribute("role", role);
  made.append(...children);
  return made;
}

function rowOf(columns, item) {
  const row = element("tr", { role: "row" });
  if (item?.status) row.dataset.status = item.status;
  else if (item?.success === false) row.dataset.status = "error";
  for (const [name, of] of columns) {
    const text = String(of(item) ?? "");
    const cell = element("td", { role: "cell" }, element("bdi", {}, text.length > MAX_CELL_CHARS ? `${text.slice(0, MAX_CELL_CHARS)}…` : text));
    cell.dataset.name = name;
    row.append(cell);
  }
  return row;
}

function say(text) {
  $("results-words").textContent = text;
}
