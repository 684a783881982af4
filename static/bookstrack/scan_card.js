// The card of one book: its part of the photo, what was read there, what it was taken for and why, and everything to set that right.
// It follows pointer and focus, without its forms, until somebody presses a frame or works in it; then it stays, until Escape, its ×, or a press elsewhere.

import { $, element } from "./dom.js";
import { boxOn, choiceOfCandidate, percent, yearInWords } from "./scan_books.js";
import { byHand, coverOf, lookup, offer, toggled } from "./scan_lookup.js";

const CLOSE_AFTER_MS = 250; // time to get from the frame to the card
const OPEN_AFTER_MS = 140; // a pointer that only passes over opens nothing
const GAP_PX = 12;
const SHEET_BELOW_PX = 720; // narrower windows get it as a sheet at the lower edge
const MARGIN = 0.012; // around a frame, of the photo
const TALL = 1.5; // from which a spine is turned to be read
const CROP_PX = 720; // the longer side of what is drawn
const MARKS = { sure: "✓", review: "?", unreadable: "–" };

export class Card {
  #words;
  #act; // { accept, take, remove, next, image(), photo() }
  #id = null;
  #anchor = () => null; // what it belongs to: lines of the list are made anew
  #pinned = false;
  #timer = 0;
  #turned = 0; // quarter turns that people added: shelves of one land are printed one way

  constructor(words, act) {
    [this.#words, this.#act] = [words, act];
    const card = $("scanned-card");
    card.addEventListener("pointerenter", () => clearTimeout(this.#timer));
    card.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && this.leave());
    for (const name of ["pointerdown", "focusin"]) card.addEventListener(name, () => (this.#pinned = this.isOpen));
    card.addEventListener("click", () => this.#pin()); // not sooner: what is pressed would move away under the pointer
    new ResizeObserver(() => this.#place()).observe(card);
    addEventListener("keydown", (event) => event.key === "Escape" && this.isOpen && (event.preventDefault(), this.close({ back: true })));
    addEventListener("pointerdown", ({ target }) => this.#isOutside(target) && this.close());
    for (const name of ["resize", "scroll"]) addEventListener(name, (event) => event.target !== card && this.#place(), { passive: true, capture: true });
  }

  get isOpen() {
    return this.#id !== null;
  }

  get id() {
    return this.#id;
  }

  #isOutside(target) {
    return this.isOpen && target instanceof Element && !target.closest("#scanned-card, .spine-box, .spine, .toast, #scanned-next");
  }

  // A look at a book, beside what `anchor()` gives, unless the card of another one is worked in.
  peek(entry, anchor) {
    if (this.#pinned) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(entry, anchor), this.isOpen ? 0 : OPEN_AFTER_MS);
  }

  leave() {
    clearTimeout(this.#timer);
    if (!this.#pinned) this.#timer = setTimeout(() => this.close(), CLOSE_AFTER_MS);
  }

  open(entry, anchor, part = "") {
    clearTimeout(this.#timer);
    this.#open(entry, anchor);
    this.#pin();
    const inside = part ? $("scanned-card").querySelector(`[data-part="${part}"]`) : null;
    if (inside) inside.open = true;
    (inside?.querySelector("input") ?? $("scanned-card")).focus({ preventScroll: true });
    this.#place();
  }

  close({ back = false } = {}) {
    clearTimeout(this.#timer);
    const [anchor, inside] = [this.#anchor, $("scanned-card").contains(document.activeElement)];
    [this.#id, this.#anchor, this.#pinned] = [null, () => null, false];
    $("scanned-card").hidden = true;
    anchor()?.setAttribute("aria-expanded", "false");
    this.#act.marked(null);
    if (back && inside) anchor()?.focus({ preventScroll: true });
  }

  // The same book after a change: focus stays where it was, as far as that is still there.
  refresh(entry) {
    if (!this.isOpen || entry?.id !== this.#id) return;
    const name = document.activeElement?.dataset?.act;
    const inside = $("scanned-card").contains(document.activeElement);
    this.#fill(entry);
    if (inside) ($("scanned-card").querySelector(`[data-act="${name}"]`) ?? $("scanned-card")).focus({ preventScroll: true });
    this.#place();
  }

  #pin() {
    this.#pinned = this.isOpen;
    $("scanned-card").toggleAttribute("data-pinned", this.#pinned);
  }

  #open(entry, anchor) {
    this.#anchor()?.setAttribute("aria-expanded", "false");
    [this.#id, this.#anchor, this.#pinned] = [entry.id, anchor, false];
    anchor()?.setAttribute("aria-expanded", "true");
    $("scanned-card").removeAttribute("data-pinned");
    this.#fill(entry);
    $("scanned-card").hidden = false;
    $("scanned-card").scrollTop = 0;
    this.#act.marked(entry.id);
    this.#place();
  }

  // Beside what it belongs to, where there is room; on small windows the style sheet says where.
  #place() {
    const card = $("scanned-card");
    if (!this.isOpen) return;
    if (innerWidth < SHEET_BELOW_PX) return card.removeAttribute("style");
    const anchor = this.#anchor();
    if (!anchor) return;
    const { left, right, top } = anchor.getBoundingClientRect();
    const { width, height } = card.getBoundingClientRect();
    const after = right + GAP_PX + width <= document.documentElement.clientWidth;
    const x = after ? right + GAP_PX : Math.max(GAP_PX, left - GAP_PX - width);
    card.style.left = `${x}px`;
    card.style.top = `${Math.max(GAP_PX, Math.min(top, innerHeight - height - GAP_PX))}px`;
  }

  // -- what stands on it

  #fill(entry) {
    const card = $("scanned-card");
    card.dataset.group = entry.group;
    const parts = [this.#head(entry), this.#crop(entry), this.#read(entry), this.#match(entry), this.#buttons(entry), ...this.#others(entry), this.#byHand(entry), this.#how(entry)];
    card.replaceChildren(...parts.filter(Boolean));
  }

  #head({ group, place }) {
    const close = button("close", "×", () => this.close({ back: true }), { className: "close", "aria-label": "Close" });
    const words = element("span", { className: "kind" }, element("span", { className: "mark", "aria-hidden": "true" }, MARKS[group]), this.#words.groups[group]);
    return element("header", {}, element("p", { className: "unseen" }, `Book ${place}`), words, close);
  }

  #crop({ book }) {
    const [image, box] = [this.#act.image(), boxOn(book, this.#act.photo())];
    if (!image || !box) return null;
    const canvas = element("canvas", { role: "img", "aria-label": "This part of the photo" });
    const draw = () => drawCrop(canvas, image, box, this.#turned);
    draw();
    const turn = button("turn", "⟳", () => ((this.#turned = (this.#turned + 1) % 4), draw(), this.#place()), { className: "turn", title: "Turn it", "aria-label": "Turn this part of the photo" });
    return element("div", { className: "crop" }, canvas, turn);
  }

  #read({ book }) {
    return book.text ? element("p", { className: "read" }, element("span", { className: "hint" }, "Read: "), element("q", {}, element("bdi", {}, book.text))) : null;
  }

  #how({ book }) {
    const engines = (book.engine ?? "").split("+").map((name) => this.#words.engines[name]).filter(Boolean);
    return engines.length ? element("p", { className: "hint how" }, `Read by ${engines.join(" and ")}, ${percent(book.confidence ?? 0)} sure of the reading.`) : null;
  }

  #match(entry) {
    const { choice, changed } = entry;
    const facts = [choice.author, yearInWords(choice.year), choice.publisher].filter(Boolean).join(" · ");
    const score = choice.score === undefined ? "" : `Match ${percent(choice.score)}`;
    const by = [this.#words.matches[choice.by], changed && choice.by !== "hand" ? "your choice" : ""].filter(Boolean).join(", ");
    const why = element("ul", { className: "why" }, ...(choice.reasons ?? []).map((reason) => element("li", {}, reason)));
    const said = [score, by].filter(Boolean).join(" · ");
    const known = element(
      "div",
      {},
      element("h3", { id: "scanned-card-title" }, element("bdi", {}, choice.title || "Not recognised")),
      element("p", { className: "hint" }, element("bdi", {}, facts)),
      element("p", { className: "hint isbn" }, choice.isbn ? `ISBN ${choice.isbn}` : ""),
      element("p", { className: "score" }, said),
      why,
    );
    return element("div", { className: "taken-for" }, coverOf(choice), known);
  }

  #buttons(entry) {
    const { id, accepted, choice } = entry;
    const accept = button("accept", accepted ? "✓ Accepted" : "Accept", () => this.#act.accept(id, !accepted), { "aria-pressed": String(accepted), className: accepted ? "small plain" : "small" });
    const remove = button("remove", "Delete", () => this.#act.remove(id), { className: "small plain" });
    const next = button("next", "Next to review", () => this.#act.next(), { className: "small plain" });
    return element("div", { className: "choices" }, ...[(choice.title || choice.isbn) && accept, remove, this.#act.hasNext(id) && next].filter(Boolean));
  }

  #others({ id, book, choice, group }) {
    const take = (other) => this.#act.take(id, other);
    const offers = (book.candidates ?? []).map((candidate) => choiceOfCandidate(candidate, book)).filter((other) => other.title !== choice.title || other.author !== (choice.author ?? ""));
    const list = element("ul", { className: "offers" }, ...offers.map((other) => offer(other, take, [element("span", { className: "hint" }, [percent(other.score), ...(other.reasons ?? [])].join(" · "))])));
    const text = choice.title || choice.isbn || book.text || "";
    const look = toggled("Search for it", lookup(text, take));
    look.dataset.part = "search";
    look.open = group === "unreadable" && !offers.length;
    return [offers.length && element("section", {}, element("h4", {}, choice.title ? "It may also be" : "It may be"), list), look];
  }

  #byHand({ id, choice }) {
    const form = toggled("Write it by hand", byHand(choice, (other) => this.#act.take(id, other)));
    form.dataset.part = "hand";
    return form;
  }
}

function button(act, text, press, members = {}) {
  const made = element("button", { type: "button", dataset: { act }, ...members }, text);
  made.addEventListener("click", press);
  return made;
}

// The box with a little around it; a tall one is turned so that letters from top to bottom are read from left to right.
function drawCrop(canvas, image, box, turned) {
  const [x1, y1] = [Math.max(0, box.x1 - MARGIN), Math.max(0, box.y1 - MARGIN)];
  const [x2, y2] = [Math.min(1, box.x2 + MARGIN), Math.min(1, box.y2 + MARGIN)];
  const [left, top] = [x1 * image.naturalWidth, y1 * image.naturalHeight];
  const [width, height] = [(x2 - x1) * image.naturalWidth, (y2 - y1) * image.naturalHeight];
  const quarters = ((height > width * TALL ? 3 : 0) + turned) % 4;
  const scale = CROP_PX / Math.max(width, height);
  const [across, down] = [Math.max(1, width * scale), Math.max(1, height * scale)];
  [canvas.width, canvas.height] = quarters % 2 ? [down, across] : [across, down];
  const pen = canvas.getContext("2d");
  pen.translate(canvas.width / 2, canvas.height / 2);
  pen.rotate((quarters * Math.PI) / 2);
  pen.drawImage(image, left, top, width, height, -across / 2, -down / 2, across, down);
}
