// The page of one job: who may see it, where it stands, how it ended. Text from outside is only ever set as text.

import { ImportResults } from "./import_results.js";
import { Refused, ask, follow } from "./job_channel.js";
import { Pace, duration, leftInWords } from "./job_pace.js";
import { Results } from "./job_results.js";
import { ScanResults } from "./scan_results.js";

const $ = (id) => document.getElementById(id);
const words = JSON.parse($("words").textContent);
const page = $("job");
const TOKEN = /^[A-Za-z0-9_-]{1,128}$/;
const LEAST_BARE_CHARS = 20; // of a fragment that is a token and nothing else
const SHOW_EVERY_MS = 100;
const ASK_AFTER_MS = 4000; // of silence: states in which nothing happens are told by no event
const ANNOUNCE_EVERY_MS = 15000;
const ENDED = new Set(["completed", "failed", "canceled"]);

const job = { id: page.dataset.job, token: "" };
const [plain, own] = [new Results(job, words), { csv_import: new ImportResults(job, words), ai_scan: new ScanResults(job, words) }];
let view = blank();
let pace = new Pace();
let stop = new AbortController();
let showing = 0;
let heardAt = 0;

function blank() {
  return { status: "", pipeline: "", progress: 0, processed: 0, total: 0, text: "", item: "", photos: [], started: 0, ended: 0, skew: 0 };
}

// -- the token: read from the fragment, taken out of the address, kept for this tab

const kept = `bookstrack-job:${job.id}`;

function stored(value) {
  try {
    if (value === null) sessionStorage.removeItem(kept);
    else if (value !== undefined) sessionStorage.setItem(kept, value);
    return sessionStorage.getItem(kept) ?? "";
  } catch {
    return value ?? ""; // no storage: a reload asks again
  }
}

function tokenOfFragment() {
  const fragment = location.hash.slice(1);
  const named = new URLSearchParams(fragment).get("token");
  if (named === null && (document.getElementById(fragment) || !TOKEN.test(fragment) || fragment.length < LEAST_BARE_CHARS)) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return named ?? fragment;
}

function begin(token) {
  stop.abort();
  stop = new AbortController();
  job.token = token.trim();
  [view, pace] = [blank(), new Pace()];
  for (const name of ["seen", "status", "broken"]) delete page.dataset[name];
  for (const id of ["now", "outcome", "ask"]) $(id).hidden = true;
  for (const results of [plain, ...Object.values(own)]) results.clear();
  say("trouble");
  if (!job.token) return askForToken("This page shows a job to whoever has its token.");
  if (!TOKEN.test(job.token)) return refused(new Refused("This is no token: one has only letters, digits, - and _."));
  stored(job.token);
  line("connecting");
  follow(job, told, stop.signal);
}

function askForToken(why) {
  line("off");
  say("ask-why", why);
  $("ask").hidden = false;
  $("token").value = "";
  $("token").focus();
}

function refused(error) {
  stored(null);
  const expired = error.code === "TOKEN_EXPIRED";
  $("now").hidden = true;
  askForToken(expired ? "The token has expired. If the job's app has a newer one, it can be given here." : error.message);
  $("token").setAttribute("aria-invalid", "true");
}

// -- what the channel tells

const told = {
  refused,
  line,
  state(data, serverMs) {
    view.skew = serverMs - Date.now();
    view.pipeline = data.pipeline;
    view.started = Date.parse(data.startTime);
    view.waitsUntil = data.waitsUntil && Date.parse(data.waitsUntil);
    view.final = data.endTime && data; // how it ended is told by its steps; else, when they are over
    if (data.endTime) return;
    if (view.status !== "canceling") view.status = data.status;
    if (data.processedCount >= view.processed) {
      Object.assign(view, { processed: data.processedCount, total: data.totalCount, progress: Math.max(view.progress, data.progress) });
      view.item = data.currentItem || view.item;
    }
    show();
  },
  hear(message) {
    heardAt = Date.now();
    noteSeen(message.seq);
    events[message.type]?.(message.payload, message.timestamp);
    if (!page.dataset.broken) say("trouble");
    show();
  },
  broken(seq, expected) {
    page.dataset.broken = `${expected}:${seq}`;
    say("trouble", `Step ${expected} was expected and step ${seq} came: what is shown may be incomplete. Please report this.`);
  },
  done() {
    line("done");
    const { final } = view;
    if (final && !ENDED.has(view.status)) {
      const { status, processedCount: processed, totalCount: total, progress, error } = final;
      Object.assign(view, { status, processed, total, progress, error, ended: Date.parse(final.endTime) });
    }
    show();
    (own[view.pipeline] ?? plain).show(0);
  },
};

const events = {
  job_started(payload) {
    Object.assign(view, { status: "running", total: payload.totalCount || view.total, error: null, ended: 0, waitsUntil: null });
  },
  job_progress(payload, at) {
    if (view.status !== "canceling") view.status = "running";
    const { progress, processedCount: processed, totalCount: total, status: text, currentItem: item, photos = view.photos } = payload;
    Object.assign(view, { progress, processed, total, text, item, photos, waitsUntil: null, ended: 0, error: null });
    pace.note(at, processed);
  },
  job_complete(payload, at) {
    const { summary, expiresAt } = payload;
    const processed = summary.totalProcessed;
    Object.assign(view, { status: "completed", progress: 1, processed, total: processed, summary, ended: at, expires: Date.parse(expiresAt) });
  },
  error(payload, at) {
    Object.assign(view, { status: "failed", error: payload, ended: at });
  },
  job_canceled(payload, at) {
    Object.assign(view, { status: "canceled", processed: payload.processedCount, ended: at });
  },
};

// Every step that came, in the order in which it came: "1-57", and "1-20,22-57" if one was ever missed.
function noteSeen(seq) {
  const ranges = page.dataset.seen ? page.dataset.seen.split(",") : [];
  const [from, to] = ranges.at(-1)?.split("-").map(Number) ?? [];
  if (to === seq - 1) ranges[ranges.length - 1] = `${from}-${seq}`;
  else ranges.push(`${seq}-${seq}`);
  page.dataset.seen = ranges.join(",");
}

// -- showing

const number = (value) => value.toLocaleString("en");
const clockTime = (ms) => new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
const serverNow = () => Date.now() + view.skew;

function say(id, text = "") {
  if ($(id).textContent !== text) $(id).textContent = text;
}

function line(name, reason = "") {
  $("line").dataset.line = name;
  say("line-words", words.lines[name]);
  if (reason) say("trouble", `The server closed the connection: ${reason}.`);
}

function show() {
  showing ||= setTimeout(() => ((showing = 0), render()), SHOW_EVERY_MS);
}

function render() {
  if (!view.status) return;
  const ended = ENDED.has(view.status);
  const label = words.pipelines[view.pipeline] ?? view.pipeline.replaceAll("_", " ");
  const percent = Math.floor(view.progress * 100);
  Object.assign(page.dataset, { status: view.status });
  document.title = `${ended ? words.states[view.status] : `${percent} %`} · ${label} · BooksTrack`;
  $("now").hidden = false;
  $("ask").hidden = true;
  say("pipeline", label);
  say("state", stateInWords());
  say("doing", view.status === "running" ? view.text : "");
  $("bar").value = view.progress;
  say("processed", view.total ? `${number(view.processed)} of ${number(view.total)} · ${percent} %` : number(view.processed));
  say("elapsed", duration((ended && view.ended ? view.ended : serverNow()) - view.started));
  part("left", view.status === "running" ? left() : "");
  part("item", view.status === "running" ? view.item : "");
  showPhotos();
  $("cancel").hidden = ended || view.status === "canceling";
  if (ended) showOutcome();
  else $("outcome").hidden = true;
  announce(percent);
}

function stateInWords() {
  const until = view.waitsUntil;
  if (view.status === "waiting_on_quota" && until) return `${words.states.waiting_on_quota}, at ${clockTime(until)}`;
  if (view.status === "queued" && until) return `Waiting for the next attempt, at ${clockTime(until)}`;
  return words.states[view.status] ?? view.status;
}

function left() {
  const range = pace.left(serverNow(), view.total);
  return range ? leftInWords(range) : "";
}

function part(name, text) {
  page.querySelector(`[data-part="${name}"]`).hidden = !text;
  say(name, text);
}

function showPhotos() {
  const lines = view.photos.map(({ index, status, booksFound, error }) => {
    const found = Number.isInteger(booksFound) ? `, ${booksFound} books` : "";
    return `Photo ${index + 1}: ${status}${found}${error ? ` (${error.message ?? error})` : ""}`;
  });
  const items = [...$("photos").children];
  if (lines.length === items.length && lines.every((text, i) => items[i].textContent === text)) return;
  $("photos").replaceChildren(...lines.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
}

function showOutcome() {
  const { status, error, summary } = view;
  $("outcome").hidden = false;
  $("outcome").dataset.status = status;
  say("outcome-title", { completed: "The job is done", failed: "The job failed", canceled: "The job was canceled" }[status]);
  const failed = summary?.failureCount ?? 0;
  const done = summary && `${number(summary.successCount)} of ${number(summary.totalProcessed)} succeeded${failed ? `, ${number(failed)} did not` : ""}, in ${duration(summary.duration)}.`;
  const until = view.expires ? ` Results are kept until ${new Date(view.expires).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}.` : "";
  const retry = error && (error.retryable ? " Starting it again may help." : " Starting it again with the same input will not help.");
  const said = {
    completed: (done || `${number(view.processed)} items were processed.`) + until,
    failed: error && `${error.message} (${error.code})${retry}`,
    canceled: `${number(view.processed)} of ${number(view.total)} items were done until then, and are kept.`,
  };
  say("outcome-words", said[status] ?? "");
}

const announced = { at: 0, status: "", quarter: 0 };

// For those who hear the page: every change of state, and a quarter now and then.
function announce(percent) {
  const quarter = Math.floor(percent / 25);
  const due = quarter > announced.quarter && Date.now() - announced.at > ANNOUNCE_EVERY_MS;
  if (view.status === announced.status && !due) return;
  Object.assign(announced, { at: Date.now(), status: view.status, quarter });
  say("said", ENDED.has(view.status) ? $("outcome-title").textContent : `${stateInWords()}, ${percent} %`);
}

setInterval(() => !ENDED.has(view.status) && show(), 1000);

setInterval(async () => {
  if (!view.status || ENDED.has(view.status) || document.hidden || Date.now() - heardAt < ASK_AFTER_MS) return;
  const [asked, signal] = [job.token, stop.signal];
  try {
    const { data, metadata } = await ask(job, "", { signal });
    if (asked === job.token) told.state(data, Date.parse(metadata.timestamp));
  } catch {
    // the channel notices by itself, and says so
  }
}, ASK_AFTER_MS);

// -- what people do

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  $("token").removeAttribute("aria-invalid");
  begin($("token").value);
});

$("cancel").addEventListener("click", () => $("sure").showModal());

$("sure").addEventListener("close", async () => {
  if ($("sure").returnValue !== "yes") return;
  $("sure").returnValue = "";
  $("cancel").hidden = true;
  try {
    await ask(job, "", { method: "DELETE" });
    if (!ENDED.has(view.status)) view.status = "canceling";
  } catch (error) {
    say("trouble", `The job could not be canceled: ${error.message}`);
  }
  show();
});

addEventListener("hashchange", () => {
  const token = tokenOfFragment();
  if (token !== null) begin(token);
});

$("no-script").remove();
begin(tokenOfFragment() ?? stored());
