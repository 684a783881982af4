// One tab for each photo of a scan, where there are several. The arrow keys go from one to the next.

import { $, element, number } from "./dom.js";

export class Tabs {
  #choose;

  constructor(choose) {
    this.#choose = choose;
    $("scanned-tabs").addEventListener("keydown", (event) => this.#key(event));
  }

  show(photos, current) {
    const several = photos.length > 1;
    $("scanned-tabs").hidden = !several;
    for (const [name, value] of [["role", "tabpanel"], ["aria-labelledby", `scanned-tab-${current}`]]) {
      if (several) $("scanned-panel").setAttribute(name, value);
      else $("scanned-panel").removeAttribute(name);
    }
    $("scanned-tabs").replaceChildren(...photos.map(({ index }) => this.#tab(index, index === current)));
  }

  #tab(index, on) {
    const about = { role: "tab", id: `scanned-tab-${index}`, "aria-selected": String(on), "aria-controls": "scanned-panel" };
    const tab = element("button", { type: "button", tabIndex: on ? 0 : -1, dataset: { index }, ...about });
    tab.addEventListener("click", () => {
      this.#choose(index);
      $(tab.id).focus();
    });
    return tab;
  }

  // How many books are on each; `countsOf(index)` tells.
  tell(photos, countsOf) {
    for (const [place, { index, status }] of photos.entries()) {
      const { all, review } = countsOf(index);
      const count = status === "failed" ? "failed" : `${number(all)}${review ? `, ${number(review)} to review` : ""}`;
      $("scanned-tabs").children[place].textContent = `Photo ${index + 1}: ${count}`;
    }
  }

  #key(event) {
    const tabs = [...$("scanned-tabs").children];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    tabs[(tabs.findIndex(({ tabIndex }) => !tabIndex) + step + tabs.length) % tabs.length].click();
  }
}
