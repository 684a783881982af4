// Books by words, to choose the right one from; and one typed by hand.

import { element } from "./dom.js";
import { choiceOf, isCover, yearInWords } from "./scan_books.js";

const FOUND_SHOWN = 5;
const GIVE_UP_MS = 20000;
const WEIGHTS = [1, 3];

// A form that searches, and buttons of what it finds. `take(choice)` gets the one that is chosen.
export function lookup(text, take) {
  const box = element("input", { type: "search", value: text, required: true, maxLength: 300, autocomplete: "off", "aria-label": "Title, author or ISBN of the book" });
  const said = element("p", { className: "hint", role: "status" });
  const list = element("ul", { className: "offers" });
  const form = element("form", { className: "lookup" }, element("div", { className: "box" }, box, element("button", { type: "submit", className: "small" }, "Search")), said, list);
  let turn = null;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    turn?.abort();
    const mine = (turn = new AbortController());
    list.replaceChildren();
    said.textContent = "Searching…";
    try {
      const { works, editions } = await search(box.value.trim(), mine.signal);
      if (mine !== turn) return;
      const choices = works.slice(0, FOUND_SHOWN).map((work, i) => choiceOfWork(work, editions[i]));
      list.replaceChildren(...choices.map((choice) => offer(choice, take)));
      said.textContent = choices.length ? "" : "Nothing found. Fewer words, or only the author, find more.";
    } catch (error) {
      if (mine === turn) said.textContent = error.message;
    }
  });
  return form;
}

// The edition only where it was asked for by its ISBN: words tell the work.
function choiceOfWork(work, edition) {
  const own = work.match?.level === "exact_edition" ? edition : undefined;
  const cover = work.coverImageURL ?? edition?.coverUrls?.small ?? edition?.coverImageURL;
  return { ...choiceOf({ work, edition: own }), title: work.title, cover, work, edition: own, source: "search" };
}

async function search(text, signal) {
  let body;
  try {
    const query = new URLSearchParams({ q: text, limit: FOUND_SHOWN });
    const reply = await fetch(`/v1/search?${query}`, { signal: AbortSignal.any([signal, AbortSignal.timeout(GIVE_UP_MS)]) });
    body = await reply.json();
  } catch {
    throw new Error("The server could not be reached. Search again in a moment.");
  }
  if (!body.success) throw new Error(body.error.message);
  return body.data;
}

// One book to choose: cover, title, author, year, and why where that is known.
export function offer(choice, take, more = []) {
  const facts = [choice.author, yearInWords(choice.year), choice.publisher, choice.isbn].filter(Boolean).join(" · ");
  const words = element("span", { className: "offer-words" }, element("strong", {}, element("bdi", {}, choice.title)), element("span", { className: "hint" }, element("bdi", {}, facts)), ...more);
  const button = element("button", { type: "button", className: "small plain", "aria-label": `Choose ${choice.title}${choice.author ? `, ${choice.author}` : ""}` }, "Choose");
  button.addEventListener("click", () => take(choice));
  return element("li", {}, coverOf(choice, "tiny"), words, button);
}

export function coverOf({ cover, title }, size = "") {
  const place = element("span", { className: `little-cover ${size}`, "aria-hidden": "true" }, element("span", {}, [...(title || "?")][0].toUpperCase()));
  if (!isCover(cover)) return place;
  const image = element("img", { alt: "", loading: "lazy", referrerPolicy: "no-referrer", src: cover });
  image.addEventListener("error", () => image.remove());
  place.append(image);
  return place;
}

// Title, author and ISBN as fields.
export function byHand(choice, take) {
  const field = (name, label, value, more = {}) => element("label", {}, label, element("input", { name, value: value ?? "", maxLength: 500, autocomplete: "off", dir: "auto", ...more }));
  const said = element("p", { className: "problem", role: "alert" });
  const form = element(
    "form",
    { className: "by-hand", autocomplete: "off" },
    field("title", "Title", choice.title, { required: true }),
    field("author", "Author, several with a semicolon between them", choice.author),
    field("isbn", "ISBN", choice.isbn, { inputMode: "text", maxLength: 25 }),
    said,
    element("button", { type: "submit", className: "small" }, "Save"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [title, author, isbn] = ["title", "author", "isbn"].map((name) => form.elements[name].value.trim());
    const number = isbn ? isbn13(isbn) : null;
    said.textContent = isbn && !number ? "This is no ISBN: a digit is wrong or missing. It may stay empty." : "";
    form.elements.isbn.ariaInvalid = String(Boolean(said.textContent));
    if (said.textContent) return form.elements.isbn.focus();
    if (!title) return form.elements.title.focus();
    const kept = number && number === choice.isbn ? choice : {}; // what belongs to that edition
    take({ ...kept, title, author, isbn: number, score: undefined, reasons: [], by: "hand", source: "hand" });
  });
  return form;
}

// The thirteen digits of an ISBN of either length, or null where its check digit is wrong.
export function isbn13(text) {
  const signs = text.replace(/[\s-]/g, "").toUpperCase();
  if (/^\d{9}[\dX]$/.test(signs)) {
    const sum = [...signs].reduce((total, sign, i) => total + (10 - i) * (sign === "X" ? 10 : Number(sign)), 0);
    return sum % 11 ? null : withCheck(`978${signs.slice(0, 9)}`);
  }
  return /^97[89]\d{10}$/.test(signs) && withCheck(signs.slice(0, 12)) === signs ? signs : null;
}

function withCheck(twelve) {
  const sum = [...twelve].reduce((total, sign, i) => total + WEIGHTS[i % 2] * Number(sign), 0);
  return `${twelve}${(10 - (sum % 10)) % 10}`;
}

// The same for a book that is not on the list yet.
export function addingBox(add) {
  return element("div", { className: "adding" }, element("h4", {}, "Which book is missing?"), lookup("", add), toggled("Write it by hand", byHand({}, add)));
}

export const toggled = (summary, ...children) => element("details", {}, element("summary", {}, summary), ...children);
