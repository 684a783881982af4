// One row of an import, opened: what the file said, what was found, and the other books that were considered, side by side.

import { element, number, terms } from "./dom.js";
import { factsOf, noteInWords } from "./import_look.js";
import { foundAuthors, groupOf, percent, takenByItself, yearInWords } from "./import_rows.js";

// `chosen` is the candidate that people took; `take(place, true)` takes another one, `take(place, false)` undoes it.
export function panelOf(words, item, chosen, take) {
  const panel = element("div", { className: "compared" });
  if (item.code) {
    const whole = card("In your file", [["The row", item.raw]]);
    panel.append(element("p", {}, item.message), element("ul", { className: "cards" }, whole));
    return panel;
  }
  const candidates = item.enrich?.candidates ?? [];
  const own = takenByItself(item);
  const unsure = groupOf(item, words.imports.sureMatch) === "unsure";
  const cards = [fileCard(words.imports, item)];
  if (item.enrich?.work) {
    const confirm = unsure && own >= 0 ? choice(words, item, own, candidates[own] === chosen, take) : null;
    cards.push(card(own >= 0 && candidates[own] === chosen ? "Your choice" : "Found", foundFacts(words, item, candidates[own]), confirm));
  }
  for (const [place, candidate] of candidates.entries()) {
    if (place === own && item.enrich?.work) continue;
    cards.push(card(candidate === chosen ? "Your choice" : "Also considered", candidateFacts(candidate), choice(words, item, place, candidate === chosen, take)));
  }
  if (item.enrich?.error) panel.append(element("p", {}, item.enrich.error));
  panel.append(element("ul", { className: "cards" }, ...cards));
  if (item.warnings?.length) panel.append(element("ul", { className: "row-notes" }, ...item.warnings.map(noteOf)));
  return panel;
}

const noteOf = ({ message, column }) => element("li", {}, noteInWords({ message, column }));

function card(title, pairs, ...more) {
  return element("li", { className: "card" }, element("h3", {}, title), terms(pairs), ...more.filter(Boolean));
}

// What was kept under its own header stands apart: a cell that was only partly understood is in both.
function fileCard(words, item) {
  const extra = Object.entries(item.extra ?? {});
  const kept = extra.length ? [element("h4", {}, "Kept as it stands"), terms(extra)] : [];
  return card("In your file", fileFacts(words, item), ...kept);
}

function choice(words, item, place, isTaken, take) {
  const title = item.enrich.candidates[place].title;
  const button = element("button", { type: "button", className: "plain small", dataset: { place } }, isTaken ? "Undo this choice" : "Take this one");
  button.setAttribute("aria-label", `${button.textContent}: ${title}`);
  button.addEventListener("click", () => take(place, !isTaken));
  return button;
}

function fileFacts(words, item) {
  const ids = Object.entries(item.ids ?? {}).map(([scheme, value]) => [words.fields[scheme] ?? scheme, value]);
  const known = factsOf(words, item).filter(([name]) => name !== "Kept as it is");
  const texts = [["My review", item.review], ["My notes", item.notes], ["Times read", item.readCount && number(item.readCount)]];
  const authors = [item.author, ...(item.additionalAuthors ?? [])].filter(Boolean).join(", ");
  return [["Title", item.title], ["Authors", authors], ...known, ...ids, ...texts];
}

function foundFacts(words, { enrich, ...item }, candidate) {
  const { work, edition = {} } = enrich;
  const providers = enrich.provider === "none" ? "" : (enrich.provider ?? "").split("+").map((name) => words.imports.providers[name] ?? name).join(", ");
  return [
    ["Title", work.title],
    ["Authors", foundAuthors({ ...item, enrich })],
    ["Subtitle", edition.subtitle ?? work.subtitle],
    ["ISBN", edition.isbn],
    ["Publisher", edition.publisher],
    ["Published", edition.publicationDate ?? yearInWords(edition.publicationYear)],
    ["First published", yearInWords(work.firstPublicationYear)],
    ["Pages", edition.pageCount && String(edition.pageCount)],
    ["Format", edition.format],
    ["Language", edition.language],
    ["Found by", providers],
    ["Match", enrich.match && `${words.matches[enrich.match.by] ?? enrich.match.by}, ${percent(enrich.match.score)}`],
    ["Why", candidate?.reason],
  ];
}

function candidateFacts({ title, author, isbn, score, titleScore, authorScore, reason }) {
  const parts = [titleScore !== undefined && `title ${percent(titleScore)}`, authorScore !== undefined && `author ${percent(authorScore)}`].filter(Boolean);
  return [
    ["Title", title],
    ["Authors", author],
    ["ISBN", isbn],
    ["Match", parts.length ? `${percent(score)} (${parts.join(", ")})` : percent(score)],
    ["Why", reason],
  ];
}
