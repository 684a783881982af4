// One line of the list beside the photo.

import { element } from "./dom.js";
import { percent, titleInWords, yearInWords } from "./scan_books.js";
import { coverOf } from "./scan_lookup.js";

const MARKS = { sure: "✓", review: "?", unreadable: "–" };

// An empty line; `act` has over(id), out(), open(id), change(id), accept(id, accepted), remove(id).
export function rowOf(id, act) {
  const row = element("li", { className: "spine", dataset: { id } });
  row.addEventListener("pointerenter", () => act.over(id));
  row.addEventListener("pointerleave", () => act.out());
  row.addEventListener("focusin", () => act.over(id));
  row.addEventListener("focusout", () => act.out());
  return row;
}

export function fillRow(row, entry, words, photo, act) {
  const { id, place, choice, group, accepted, book } = entry;
  const title = titleInWords(entry);
  const known = choice.title && group !== "unreadable";
  row.dataset.group = group;
  const facts = [choice.author, yearInWords(choice.year), choice.publisher, book.photo !== photo && `told with photo ${book.photo + 1}`];
  const sure = choice.score !== undefined && group !== "sure" ? ` ${percent(choice.score)}` : "";
  const kind = element("span", { className: "kind" }, element("span", { className: "mark", "aria-hidden": "true" }, MARKS[group]), ` ${words.groups[group]}${sure}`);
  const what = element("span", { className: "what" }, element("strong", {}, element("bdi", {}, title)), element("span", { className: "by" }, ...joined(facts)));
  const open = button("open", "", () => act.open(id), { className: "open", "aria-haspopup": "dialog", "aria-expanded": "false" });
  open.append(element("span", { className: "place" }, String(place)), coverOf(choice, "tiny"), what);
  const accept = button("accept", accepted ? "Accepted" : "Accept", () => act.accept(id, !accepted), { "aria-pressed": String(accepted), "aria-label": `Accept ${title}` });
  const change = button("change", known ? "Change" : "Look up", () => act.change(id), { "aria-label": `${known ? "Change" : "Look up"} ${title}`, "aria-haspopup": "dialog" });
  const remove = button("remove", "Delete", () => act.remove(id), { "aria-label": `Delete ${title}` });
  row.replaceChildren(open, element("div", { className: "acts" }, kind, ...[(choice.title || choice.isbn) && accept, change, remove].filter(Boolean)));
}

const joined = (parts) => parts.filter(Boolean).flatMap((part, i) => [...(i ? [" · "] : []), element("bdi", {}, part)]);

function button(act, text, press, members = {}) {
  const made = element("button", { type: "button", className: "quiet", dataset: { act }, ...members }, text);
  made.addEventListener("click", press);
  return made;
}

// As scrollIntoView does, without moving the page as well.
export function scrollWithin(list, row) {
  if (!row || list.scrollHeight <= list.clientHeight) return;
  const [outer, inner] = [list.getBoundingClientRect(), row.getBoundingClientRect()];
  if (inner.top < outer.top) list.scrollTop -= outer.top - inner.top;
  else if (inner.bottom > outer.bottom) list.scrollTop += inner.bottom - outer.bottom;
}
