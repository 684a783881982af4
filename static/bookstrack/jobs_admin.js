// The pages of jobs in the admin: a job's state as it changes, queues anew every few seconds, a question before what cannot be undone.
"use strict";

(() => {
  const LIVE_MS = 1000;
  const AFTER_FAILURE_MS = 5000;
  const REFRESH_MS = 5000;
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const visible = () => document.hidden && new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));

  async function fetched(url, read) {
    try {
      const reply = await fetch(url, { credentials: "same-origin", redirect: "error" }); // a redirect leads to the log-in
      return reply.ok || reply.status === 503 ? await read(reply) : null;
    } catch {
      return null;
    }
  }

  function cells(...texts) {
    const row = document.createElement("tr");
    for (const text of texts) row.append(Object.assign(document.createElement("td"), { textContent: text }));
    return row;
  }

  function fill(box, now) {
    for (const place of box.querySelectorAll("[data-live-text]")) {
      const text = String(now[place.dataset.liveText] ?? "");
      if (place.textContent !== text) place.textContent = text;
    }
    box.querySelector("[data-live-value]").value = now.progress;
    document.getElementById("job-moves").replaceChildren(...now.moves.map(({ at, target, lasted, note }) => cells(at, target, lasted, note)));
  }

  async function live(box) {
    const said = document.getElementById("job-live");
    for (;;) {
      await wait(LIVE_MS);
      await visible();
      const now = await fetched(box.dataset.live, (reply) => reply.json());
      said.textContent = now?.moves ? "" : "This page cannot be kept up just now: is the server away, or are you logged out?";
      if (!now?.moves) {
        await wait(AFTER_FAILURE_MS);
        continue;
      }
      fill(box, now);
      if (now.ended) return location.reload(); // for what the end allows: a retry, the results, the items
    }
  }

  async function refresh(part) {
    const pauseMs = Number(part.dataset.refresh) * 1000 || REFRESH_MS;
    for (;;) {
      await wait(pauseMs);
      await visible();
      const text = await fetched(location.href, (reply) => reply.text());
      const found = text && new DOMParser().parseFromString(text, "text/html").getElementById(part.id);
      if (!found || part.contains(document.activeElement)) continue; // whoever is at a link keeps it
      part.replaceWith(found);
      part = found;
    }
  }

  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
    if (question && !confirm(question)) event.preventDefault();
  });

  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-live]");
    if (box) live(box);
    const part = document.querySelector("[data-refresh]");
    if (part) refresh(part);
  });
})();
