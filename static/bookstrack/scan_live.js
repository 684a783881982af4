// A scan while it runs: each photo with its stage, and the books as they are seen.

import { $, element, number } from "./dom.js";
import { pictureOf } from "./scan_chosen.js";
import { storedPhoto } from "./scan_photos.js";

const THUMB_SIDE = 400;
const SEEN_SHOWN = 12; // titles of one photo

export class Live {
  #job;
  #photos = new Map(); // index to { item, status, found, seen: a set of titles }
  #names;
  #urls;

  // `names` and `urls` of the photos, where this page sent them: not after a reload
  constructor(job, names = [], urls = []) {
    [this.#job, this.#names, this.#urls] = [job, names, urls];
    $("scan-photos").replaceChildren();
    $("scan-said").textContent = "";
    $("scan-bar").value = 0;
    for (const index of urls.keys()) this.#photo(index);
  }

  show({ progress, photos = [] }) {
    $("scan-bar").value = progress;
    const said = [];
    for (const told of photos) {
      const photo = this.#photo(told.index);
      if (photo.status !== told.status && (told.status === "done" || told.status === "failed")) said.push(this.#inWords(told));
      this.#fill(photo, told);
    }
    if (said.length) $("scan-said").textContent = said.join(" ");
  }

  #inWords({ index, status, booksFound, error }) {
    if (status === "failed") return `Photo ${index + 1} failed: ${error?.message ?? ""}`;
    return `Photo ${index + 1} is done: ${booksInWords(booksFound ?? 0)}.`;
  }

  #photo(index) {
    if (!this.#photos.has(index)) {
      const item = element("li", { dataset: { status: "waiting" } }, pictureOf(this.#urls[index]), lineOf(index, this.#names[index]));
      this.#photos.set(index, { item, status: "waiting", seen: new Set() });
      const places = [...this.#photos.keys()].sort((one, other) => one - other);
      $("scan-photos").replaceChildren(...places.map((place) => this.#photos.get(place).item));
      if (!this.#urls[index]) this.#fetchThumb(item, index);
    }
    return this.#photos.get(index);
  }

  async #fetchThumb(item, index) {
    try {
      const image = await storedPhoto(this.#job, index, THUMB_SIDE);
      item.querySelector(".thumb").replaceChildren(image);
    } catch {
      // it goes without
    }
  }

  #fill(photo, { status, booksFound = 0, error, seen = [] }) {
    photo.status = photo.item.dataset.status = status;
    const set = (name, text) => (photo.item.querySelector(`.${name}`).textContent = text);
    set("stage-words", status === "failed" ? "could not be read" : `${status}${status === "done" || status === "waiting" ? "" : "…"}`);
    set("stage-found", status === "failed" ? (error?.message ?? "") : booksFound || status === "done" ? booksInWords(booksFound) : "");
    for (const title of seen) if (title) photo.seen.add(title);
    const titles = [...photo.seen].slice(-SEEN_SHOWN).reverse();
    const more = titles.length ? booksFound - titles.length : 0;
    const list = photo.item.querySelector(".seen");
    const known = new Map([...list.children].map((entry) => [entry.dataset.title, entry])); // what stands there does not appear anew
    const entries = titles.map((title) => known.get(title) ?? element("li", { dataset: { title } }, element("bdi", {}, title)));
    list.replaceChildren(...entries, ...(more > 0 ? [element("li", { className: "more" }, `and ${number(more)} more`)] : []));
  }
}

const booksInWords = (count) => (count === 1 ? "1 book" : `${number(count)} books`);

function lineOf(index, name) {
  const named = name ? [" ", element("bdi", { className: "hint" }, name)] : [];
  const stage = element("p", { className: "stage-line" }, element("span", { className: "stage-words" }, "waiting"), element("span", { className: "stage-found" }));
  return element("div", {}, element("p", {}, element("strong", {}, `Photo ${index + 1}`), ...named), stage, element("ul", { className: "seen", "aria-label": "Seen so far" }));
}
