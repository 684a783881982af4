// The photos that people chose, until they are sent: dropped, pasted, taken or picked, each shown with a button that takes it away.

import { $, element } from "./dom.js";
import { NoPhoto, taken } from "./scan_photos.js";

export class Chosen {
  #words;
  #changed;
  #photos = []; // { file, url, shrunk, name }
  #waiting = 0; // of those that are being looked at
  #queue = Promise.resolve();

  // `changed` is called when there are others.
  constructor(words, changed) {
    [this.#words, this.#changed] = [words, changed];
    for (const id of ["scan-files", "scan-camera"]) {
      $(id).addEventListener("change", () => {
        this.add([...$(id).files]);
        $(id).value = ""; // the same file may be chosen again
      });
    }
    addEventListener("paste", ({ clipboardData }) => clipboardData?.files.length && this.#isOpen() && this.add([...clipboardData.files]));
    this.#takeDropped();
  }

  get files() {
    return this.#photos.map(({ file }) => file);
  }

  get names() {
    return this.#photos.map(({ name }) => name);
  }

  get urls() {
    return this.#photos.map(({ url }) => url);
  }

  // One after the other: several photos at once would need hundreds of megabytes.
  add(files) {
    $("scan-refused").replaceChildren();
    this.#waiting += files.length;
    this.#show();
    for (const file of files) this.#queue = this.#queue.then(() => this.#take(file));
    return this.#queue;
  }

  clear() {
    for (const { url } of this.#photos) URL.revokeObjectURL(url);
    this.#photos = [];
    this.#show();
  }

  // What the server said of one of them.
  blame(index, message) {
    const item = $("scan-chosen").children[index];
    if (!item) return;
    item.dataset.bad = "yes";
    item.querySelector(".thumb-words").textContent = message;
  }

  async #take(file) {
    const name = file.name || "photo";
    try {
      if (this.#photos.length >= this.#words.maxPhotos) throw new NoPhoto(`At most ${this.#words.maxPhotos} photos at once: “${name}” was left out.`);
      if (this.#photos.some(({ like }) => like === likeOf(file))) throw new NoPhoto(`“${name}” is chosen already.`);
      const photo = await taken(file, this.#words.maxBytes);
      this.#photos.push({ ...photo, name, like: likeOf(file), url: URL.createObjectURL(photo.file) });
    } catch (error) {
      if (!(error instanceof NoPhoto)) throw error;
      $("scan-refused").append(element("li", {}, error.message));
    } finally {
      this.#waiting -= 1;
      this.#show();
    }
  }

  #show() {
    const items = this.#photos.map((photo, index) => this.#thumb(photo, index));
    const ghosts = Array.from({ length: Math.min(this.#waiting, this.#words.maxPhotos - items.length) }, () => element("li", { className: "ghost", "aria-hidden": "true" }));
    $("scan-chosen").replaceChildren(...items, ...ghosts);
    const count = items.length;
    $("scan-start").hidden = !count;
    $("scan-start").disabled = this.#waiting > 0;
    $("scan-start").textContent = count > 1 ? `Find the books on ${count} photos` : "Find the books";
    this.#changed();
  }

  #thumb(photo, index) {
    const remove = element("button", { type: "button", className: "remove", title: "Take away", "aria-label": `Take away photo ${index + 1}, “${photo.name}”` }, "×");
    remove.addEventListener("click", () => {
      URL.revokeObjectURL(photo.url);
      this.#photos = this.#photos.filter((one) => one !== photo);
      $("scan-refused").replaceChildren();
      this.#show();
      ($("scan-chosen").children[Math.min(index, this.#photos.length - 1)]?.querySelector("button") ?? $("scan-files")).focus();
    });
    const mb = photo.file.size / 2 ** 20;
    const size = `${mb < 0.1 ? `${Math.ceil(mb * 1024)} KB` : `${mb.toFixed(1)} MB`}${photo.shrunk ? ", made smaller" : ""}`;
    return element("li", {}, pictureOf(photo.url), element("span", { className: "thumb-words" }, element("bdi", {}, photo.name), element("small", {}, size)), remove);
  }

  #isOpen() {
    return !$("scan-choose").hidden;
  }

  // a file that is dropped beside its place would be opened by the browser
  #takeDropped() {
    addEventListener("dragover", (event) => {
      event.preventDefault();
      if (this.#isOpen()) $("scan-drop").dataset.over = "yes";
    });
    for (const name of ["dragleave", "drop", "dragend"]) addEventListener(name, () => delete $("scan-drop").dataset.over);
    addEventListener("drop", (event) => {
      event.preventDefault();
      const files = [...event.dataTransfer.files];
      if (!this.#isOpen()) return;
      if (files.length) this.add(files);
      else $("scan-refused").replaceChildren(element("li", {}, "That was no file: save the picture first, then choose it."));
    });
  }
}

const likeOf = ({ name, size, lastModified }) => `${name}:${size}:${lastModified}`;

// A small picture, or a sheet with words where the browser cannot show this kind.
export function pictureOf(url) {
  const place = element("span", { className: "thumb" });
  if (!url) return place;
  const image = element("img", { alt: "", src: url });
  image.addEventListener("error", () => image.replaceWith(element("span", {}, "no preview")));
  place.append(image);
  return place;
}
