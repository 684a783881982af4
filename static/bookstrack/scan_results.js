// The books of a scan: the photo and the list beside it, each leading to the other; accepted, changed, deleted, added, and taken along.

import { $, element, number } from "./dom.js";
import { ask } from "./job_channel.js";
import { save } from "./job_export.js";
import { Shelf, percent, titleInWords } from "./scan_books.js";
import { Card } from "./scan_card.js";
import { asCsv, asJson } from "./scan_export.js";
import { forgetScan } from "./scan_kept.js";
import { fillRow, rowOf, scrollWithin } from "./scan_list.js";
import { addingBox } from "./scan_lookup.js";
import { Stage } from "./scan_stage.js";
import { Tabs } from "./scan_tabs.js";
import { hideToast, toast } from "./scan_toast.js";

const FETCHED_AT_ONCE = 1000;

export class ScanResults {
  #job;
  #words;
  #data = null;
  #shelf = null;
  #photo = 0;
  #group = "all";
  #turn = 0;
  #rows = new Map(); // id to its row
  #stage;
  #card;
  #tabs = new Tabs((index) => this.#showPhoto(index));

  constructor(job, words) {
    [this.#job, this.#words] = [job, words.scan];
    const act = {
      accept: (id, accepted) => this.#accept(id, accepted),
      take: (id, choice) => this.#take(id, choice),
      remove: (id) => this.#remove(id),
      next: () => this.#next(),
      hasNext: (id) => this.#toReview().some((entry) => entry.id !== id),
      image: () => this.#stage.image,
      photo: () => this.#photo,
      marked: (id) => this.#mark(id),
    };
    this.#card = new Card(this.#words, act);
    this.#stage = new Stage(job, {
      over: (id, anchor) => this.#card.peek(this.#onPhoto(id), anchor),
      out: () => this.#card.leave(),
      press: (id, anchor) => this.#card.open(this.#onPhoto(id), anchor),
      key: (event) => event.key === "Delete" && event.target.dataset.id && this.#remove(event.target.dataset.id),
    });
    this.#listen();
  }

  #listen() {
    const on = (id, act) => $(id).addEventListener("click", act);
    on("scanned-again", () => this.show());
    on("scanned-new", () => forgetScan());
    on("scanned-next", () => this.#next());
    on("scanned-undo", () => this.#undo());
    on("scanned-add", () => this.#openAdding());
    on("scanned-csv", () => this.#save("csv", "text/csv", asCsv(this.#toSave())));
    on("scanned-json", () => this.#save("json", "application/json", asJson(this.#data, this.#toSave())));
    $("scanned-toast").querySelector("button").addEventListener("click", () => this.#undo());
  }

  clear() {
    this.#turn += 1;
    if (this.#card.isOpen) this.#card.close();
    this.#stage.clear();
    [this.#data, this.#shelf] = [null, null];
    this.#rows.clear();
    $("scanned-list").replaceChildren();
    hideToast();
    for (const id of ["scanned", "scanned-some"]) $(id).hidden = true;
  }

  // -- reading

  async show() {
    this.clear();
    const turn = this.#turn;
    for (const id of ["scanned-again", "scanned-warnings", "scanned-next"]) $(id).hidden = true;
    $("scanned").hidden = false;
    say("Fetching the books…");
    try {
      const data = await this.#fetch();
      if (turn === this.#turn) this.#fill(data);
    } catch (error) {
      if (turn !== this.#turn) return;
      say(`The books could not be fetched: ${error.message}`);
      $("scanned-again").hidden = false;
    }
  }

  async #fetch() {
    const whole = { books: [] };
    for (let more = true; more; ) {
      const { data } = await ask(this.#job, `/results?${new URLSearchParams({ limit: FETCHED_AT_ONCE, offset: whole.books.length })}`);
      const books = [...whole.books, ...(data.books ?? [])];
      more = Boolean(data.pagination?.hasMore && data.books?.length);
      Object.assign(whole, data, { books });
    }
    return whole;
  }

  #fill(data) {
    this.#data = { photos: [], suggestions: [], warnings: [], metadata: {}, ...data };
    this.#shelf = new Shelf(this.#job.id, data.books);
    const best = this.#data.photos.find(({ status }) => status !== "failed") ?? this.#data.photos[0];
    [this.#photo, this.#group] = [best?.index ?? 0, "all"];
    $("scanned-warnings").hidden = !this.#data.warnings.length;
    $("scanned-warnings").replaceChildren(...this.#data.warnings.map((text) => element("li", {}, text)));
    this.#showTips();
    $("scanned-groups").querySelectorAll("label").forEach((label) => label.remove());
    $("scanned-some").hidden = !data.books.length && !this.#data.photos.length;
    this.#showPhoto(this.#photo);
  }

  #showTips() {
    const { suggestions, metadata } = this.#data;
    $("scanned-tips").hidden = !suggestions.length;
    $("scanned-tips").lastElementChild.replaceChildren(...suggestions.map((text) => element("li", {}, text)));
    const took = metadata.processingTime;
    const { engines = [] } = metadata;
    const parts = [engines.length && `Read by ${engines.map((name) => this.#words.engines[name] ?? name).join(" and ")}`, engines.includes("gemini") && `model ${metadata.modelUsed}`, took && `${number(Math.round(took / 100) / 10)} s`];
    $("scanned-about").textContent = parts.filter(Boolean).join(" · ");
  }

  // -- showing

  #photoOf(index) {
    return this.#data.photos.find((photo) => photo.index === index) ?? { index };
  }

  #showPhoto(index) {
    if (this.#card.isOpen) this.#card.close();
    this.#photo = index;
    this.#rows.clear();
    $("scanned-list").replaceChildren();
    this.#tabs.show(this.#data.photos, index);
    this.#stage.show(this.#photoOf(index));
    this.#refresh();
  }

  // Everything that a change may have changed.
  #refresh() {
    const entries = this.#shelf.entries(this.#photo);
    const isOff = ({ group }) => this.#group !== "all" && group !== this.#group;
    this.#showGroups(this.#shelf.counts(this.#photo));
    this.#stage.fill(entries, this.#photo, isOff);
    this.#showList(entries.filter((entry) => !isOff(entry)));
    this.#showSummary();
    $("scanned-undo").hidden = !this.#shelf.undoable;
    $("scanned-undo").title = this.#shelf.undoable;
    const open = this.#card.isOpen && entries.find(({ id }) => id === this.#card.id);
    if (open) this.#card.refresh(open);
  }

  #showSummary() {
    const { all, sure, review, unreadable } = this.#shelf.counts();
    const photos = this.#data.photos.length;
    const on = photos > 1 ? ` on ${number(photos)} photos` : "";
    const parts = [sure && `${number(sure)} sure`, review && `${number(review)} to review`, unreadable && `${number(unreadable)} not recognised`].filter(Boolean);
    const part = this.#data.partial ? " This is as far as the scan came." : "";
    say(all ? `${number(all)} ${all === 1 ? "book" : "books"}${on}: ${parts.join(", ")}.${part}` : `No books were found${on}.${part}`);
    const left = this.#toReview().length;
    $("scanned-next").hidden = !left;
    $("scanned-next").textContent = `Review ${left === 1 ? "the one" : `the ${number(left)}`} left`;
    for (const id of ["scanned-groups", "scanned-take-along"]) $(id).hidden = !all;
    this.#tabs.tell(this.#data.photos, (index) => this.#shelf.counts(index));
  }

  #showList(entries) {
    const focused = document.activeElement?.closest?.("#scanned-list") ? [document.activeElement.closest(".spine")?.dataset.id, document.activeElement.dataset.act] : null;
    const act = {
      open: (id) => this.#card.open(this.#onPhoto(id), () => this.#inRow(id, "open")),
      change: (id) => this.#card.open(this.#onPhoto(id), () => this.#inRow(id, "change"), "search"),
      accept: (id, accepted) => this.#accept(id, accepted),
      remove: (id) => this.#remove(id),
      over: (id) => !this.#card.isOpen && this.#mark(id),
      out: () => !this.#card.isOpen && this.#mark(null),
    };
    for (const { id } of entries) if (!this.#rows.has(id)) this.#rows.set(id, rowOf(id, act));
    for (const entry of entries) fillRow(this.#rows.get(entry.id), entry, this.#words, this.#photo, act);
    $("scanned-list").replaceChildren(...entries.map(({ id }) => this.#rows.get(id)));
    $("scanned-none").hidden = entries.length > 0;
    $("scanned-none").textContent = this.#group === "all" ? "No books on this photo." : `None is ${this.#words.groups[this.#group]}.`;
    if (focused) this.#inRow(...focused)?.focus({ preventScroll: true });
  }

  #inRow(id, act) {
    return this.#rows.get(id)?.querySelector(`[data-act="${act}"]`);
  }

  #showGroups(counts) {
    for (const group of ["all", ...Object.keys(this.#words.groups)]) {
      const label = $("scanned-groups").querySelector(`[data-group="${group}"]`) ?? this.#groupLabel(group);
      label.lastChild.textContent = `${this.#words.groups[group] ?? "all"} ${number(counts[group])}`;
    }
  }

  #groupLabel(group) {
    const choice = element("input", { type: "radio", name: "scanned-group", value: group, checked: group === this.#group });
    choice.addEventListener("change", () => {
      this.#group = group;
      this.#refresh();
    });
    const label = element("label", { dataset: { group } }, choice, element("span"));
    $("scanned-groups").append(label);
    return label;
  }

  // -- what people do

  #onPhoto(id) {
    return this.#shelf.entries(this.#photo).find((entry) => entry.id === id);
  }

  #mark(id) {
    this.#stage.mark(id, { scroll: true });
    for (const [own, row] of this.#rows) row.toggleAttribute("data-on", own === id);
    if (this.#card.isOpen) scrollWithin($("scanned-list"), this.#rows.get(id));
  }

  #accept(id, accepted) {
    const title = titleInWords(this.#shelf.entry(id));
    this.#shelf.accept(id, accepted, accepted ? `“${title}” is accepted.` : `“${title}” is to be reviewed.`);
    this.#refresh();
  }

  #take(id, choice) {
    this.#shelf.take(id, choice, `“${choice.title}” is taken${choice.score === undefined ? "" : `, match ${percent(choice.score)}`}.`);
    this.#refresh();
    toast(this.#shelf.undoable);
  }

  #remove(id) {
    const title = titleInWords(this.#shelf.entry(id));
    if (this.#card.isOpen) this.#card.close();
    this.#shelf.remove(id, `“${title}” is deleted.`);
    this.#refresh();
    toast(this.#shelf.undoable, { focus: true });
  }

  #undo() {
    const inToast = $("scanned-toast").contains(document.activeElement);
    if (this.#card.isOpen) this.#card.close();
    this.#shelf.undo();
    hideToast();
    this.#refresh();
    if (inToast) $("scanned-title").focus({ preventScroll: true });
  }

  #toReview() {
    return this.#shelf?.entries().filter(({ group }) => group === "review") ?? [];
  }

  // The next book after the one that is open, on this photo first.
  #next() {
    const left = this.#toReview();
    const order = this.#shelf.entries().map(({ id }) => id);
    const at = order.indexOf(this.#card.id);
    const after = (list) => list.find(({ id }) => order.indexOf(id) > at) ?? list.find(({ id }) => id !== this.#card.id);
    const next = after(left.filter(({ book }) => book.photo === this.#photo)) ?? after(left);
    if (!next) return;
    if (next.book.photo !== this.#photo) this.#showPhoto(next.book.photo);
    if (this.#group !== "all" && this.#group !== "review") $("scanned-groups").querySelector("input").click();
    const anchor = () => this.#stage.boxOf(next.id) ?? this.#inRow(next.id, "open");
    $("scanned-frame").scrollIntoView({ block: "nearest" });
    this.#card.open(this.#onPhoto(next.id), anchor);
  }

  #openAdding() {
    const old = $("scanned-add").previousElementSibling;
    if (old.matches(".adding")) return old.remove();
    const box = addingBox((choice) => {
      const id = this.#shelf.add(this.#photo, choice, `“${choice.title}” is added.`);
      box.remove();
      this.#refresh();
      toast(this.#shelf.undoable);
      this.#inRow(id, "open")?.focus();
    });
    $("scanned-add").before(box);
    box.querySelector("input").focus();
  }

  // -- files

  #toSave() {
    return this.#shelf.entries().filter(({ accepted }) => accepted || !$("scanned-only").checked);
  }

  #save(ending, type, text) {
    save(`bookstrack-scan-${this.#job.id.slice(0, 12)}.${ending}`, type, text);
  }
}

function say(text) {
  if ($("scanned-words").textContent !== text) $("scanned-words").textContent = text;
}
