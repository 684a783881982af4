// The photo with a frame around each book: by pointer, by touch, and by the keyboard, where the arrow keys go from book to book.

import { $, element, number } from "./dom.js";
import { boxOn, titleInWords } from "./scan_books.js";
import { storedPhoto } from "./scan_photos.js";

const SIDE = 1600;
const [LEAST_ZOOM, MOST_ZOOM, ZOOM_STEP] = [1, 5, 1.5];
const MARKS = { sure: "✓", review: "?", unreadable: "–" };
const SAID = { sure: "sure", review: "to review", unreadable: "not recognised" };

export class Stage {
  #job;
  #hear; // { over(id, anchor), out(id), press(id, anchor), key(event) }
  #images = new Map(); // photo to a promise of its image
  #image = null;
  #zoom = 1;
  #current = null; // the book whose frame is in the tab order
  #turn = 0;

  constructor(job, hear) {
    [this.#job, this.#hear] = [job, hear];
    $("scanned-in").addEventListener("click", () => this.#zoomTo(this.#zoom * ZOOM_STEP));
    $("scanned-out").addEventListener("click", () => this.#zoomTo(this.#zoom / ZOOM_STEP));
    $("scanned-boxes").addEventListener("keydown", (event) => this.#key(event));
  }

  clear() {
    this.#turn += 1;
    for (const waiting of this.#images.values()) waiting.then((image) => URL.revokeObjectURL(image.src), () => {});
    this.#images.clear();
    this.#image = null;
    $("scanned-stage").querySelector("img")?.remove();
    $("scanned-boxes").replaceChildren();
  }

  // Another photo. `photo` is of the results: { index, width, height, status, error? }
  async show(photo) {
    const turn = ++this.#turn;
    this.#image = null;
    $("scanned-stage").querySelector("img")?.remove();
    $("scanned-stage").style.setProperty("--ratio", photo.width && photo.height ? photo.width / photo.height : 4 / 3);
    this.#zoomTo(1);
    say(photo.status === "failed" ? `This photo could not be read: ${photo.error?.message ?? "it is not known why."}` : "");
    if (!this.#images.has(photo.index)) this.#images.set(photo.index, storedPhoto(this.#job, photo.index, SIDE));
    try {
      const image = await this.#images.get(photo.index);
      if (turn !== this.#turn) return;
      this.#image = image;
      image.alt = `Photo ${photo.index + 1}`;
      $("scanned-stage").prepend(image);
    } catch (error) {
      this.#images.delete(photo.index); // showing it again asks again
      if (turn === this.#turn && photo.status !== "failed") say(`The photo cannot be shown. ${error.message} Its books are at their places all the same.`);
    }
  }

  get image() {
    return this.#image;
  }

  // The frames of a photo; `isOff(entry)` says which are filtered away.
  fill(entries, photo, isOff) {
    const shown = entries.map((entry) => ({ entry, box: boxOn(entry.book, photo) })).filter(({ box }) => box);
    const known = new Map([...$("scanned-boxes").children].map((button) => [button.dataset.id, button]));
    const buttons = shown.map(({ entry, box }) => this.#fillBox(known.get(entry.id) ?? this.#button(entry.id), entry, box, isOff(entry)));
    const kept = new Set(buttons);
    for (const button of known.values()) if (!kept.has(button)) button.remove();
    for (const [place, button] of buttons.entries()) {
      if ($("scanned-boxes").children[place] !== button) $("scanned-boxes").insertBefore(button, $("scanned-boxes").children[place] ?? null);
    }
    this.#setCurrent(this.#usable().find(({ dataset }) => dataset.id === this.#current) ?? this.#usable()[0]);
  }

  #button(id) {
    const button = element("button", { type: "button", className: "spine-box", tabIndex: -1, dataset: { id }, "aria-haspopup": "dialog" }, element("span", { className: "mark", "aria-hidden": "true" }));
    button.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && this.#hear.over(id, () => button));
    button.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && this.#hear.out(id));
    button.addEventListener("focus", () => {
      this.#setCurrent(button);
      if (button.matches(":focus-visible")) this.#hear.over(id, () => button);
    });
    button.addEventListener("blur", () => this.#hear.out(id));
    button.addEventListener("click", () => this.#hear.press(id, () => button));
    return button;
  }

  #fillBox(button, entry, box, off) {
    const { group, place, choice } = entry;
    const by = choice.author ? ` by ${choice.author}` : "";
    const sure = choice.score === undefined ? "" : `, ${Math.round(choice.score * 100)} %`;
    button.dataset.group = group;
    button.toggleAttribute("data-off", off);
    button.setAttribute("aria-label", `${number(place)}: ${titleInWords(entry)}${by}, ${SAID[group]}${sure}`);
    button.firstChild.replaceChildren(MARKS[group], element("span", {}, ` ${place}`));
    const { style } = button;
    [style.left, style.top, style.width, style.height] = [box.x, box.y, box.width, box.height].map((part) => `${part * 100}%`);
    style.zIndex = 1 + Math.round((1 - box.width * box.height) * 1000); // the smaller ones lie above
    return button;
  }

  boxOf(id) {
    return [...$("scanned-boxes").children].find(({ dataset }) => dataset.id === id);
  }

  // Mark one book, or none, and bring it into view where the photo is enlarged.
  mark(id, { scroll = false } = {}) {
    for (const button of $("scanned-boxes").children) button.toggleAttribute("data-on", button.dataset.id === id);
    const button = id === null ? null : this.boxOf(id);
    if (scroll && button && this.#zoom > 1) button.scrollIntoView({ block: "nearest", inline: "center" });
  }

  // -- keys

  #usable() {
    return [...$("scanned-boxes").children].filter((button) => !button.hasAttribute("data-off"));
  }

  #setCurrent(button) {
    this.#current = button?.dataset.id ?? null;
    for (const one of $("scanned-boxes").children) one.tabIndex = one === button ? 0 : -1;
  }

  #key(event) {
    const usable = this.#usable();
    const at = usable.indexOf(document.activeElement);
    const to = {
      ArrowRight: () => usable[at + 1],
      ArrowLeft: () => usable[at - 1],
      ArrowDown: () => nearest(usable, usable[at], 1),
      ArrowUp: () => nearest(usable, usable[at], -1),
      Home: () => usable[0],
      End: () => usable.at(-1),
    }[event.key];
    if (!to || at < 0) return this.#hear.key(event);
    event.preventDefault();
    to()?.focus();
  }

  #zoomTo(zoom) {
    this.#zoom = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, zoom));
    $("scanned-stage").style.setProperty("--zoom", this.#zoom);
    $("scanned-out").disabled = this.#zoom <= LEAST_ZOOM;
    $("scanned-in").disabled = this.#zoom >= MOST_ZOOM;
  }
}

// The next frame above or below, beside as little as can be.
function nearest(buttons, from, direction) {
  const centre = (button) => {
    const { left, top, width, height } = button.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2, height };
  };
  const here = centre(from);
  const far = buttons
    .filter((button) => button !== from)
    .map((button) => ({ button, at: centre(button) }))
    .filter(({ at }) => (at.y - here.y) * direction > Math.min(here.height, at.height) / 2)
    .map(({ button, at }) => ({ button, far: Math.abs(at.y - here.y) + 2 * Math.abs(at.x - here.x) }));
  return far.sort((one, other) => one.far - other.far)[0]?.button;
}

function say(text) {
  $("scanned-photo-words").textContent = text;
}
