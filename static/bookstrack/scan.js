// The page /scan: photos are chosen, sent, followed while they are read, and become books that people look through.
// Which scan it was is kept for this tab: a reload goes on with it.

import { $ } from "./dom.js";
import { Refused, send } from "./import_send.js";
import { ask, follow } from "./job_channel.js";
import { Chosen } from "./scan_chosen.js";
import { forgetScan, keepScan, keptScan } from "./scan_kept.js";
import { Live } from "./scan_live.js";
import { ScanResults } from "./scan_results.js";

const words = JSON.parse($("words").textContent);
const PATH = "/api/scan-bookshelf/batch";
const PASSING = new Set(["RATE_LIMIT_EXCEEDED", "unreachable", "unavailable"]);
const PARTS = ["scan-intro", "scan-choose", "scan-sending", "scan-live", "scan-ended"];

const job = { id: "", token: "" };
const results = new ScanResults(job, words);
const chosen = new Chosen(words, () => {
  key = newKey();
  say("scan-problem");
});
let key = newKey(); // of the start of exactly these photos: sent twice, they are one scan
let turn = new AbortController();
let view = { status: "", final: null };

// -- what is shown

function show(...ids) {
  for (const id of PARTS) $(id).hidden = !ids.includes(id);
  if (!ids.length || ids[0] === "scan-ended") return;
  results.clear();
}

function say(id, text = "") {
  if ($(id).textContent !== text) $(id).textContent = text;
}

function begin() {
  turn.abort();
  turn = new AbortController();
  view = { status: "", final: null };
  say("scan-problem");
}

function choose() {
  begin();
  show("scan-intro", "scan-choose");
  document.title = "Scan a shelf · BooksTrack";
}

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// -- sending

async function start() {
  begin();
  const { signal } = turn;
  const form = new FormData();
  for (const file of chosen.files) form.append("images", file, file.name);
  show("scan-intro", "scan-sending");
  $("scan-sent").value = 0;
  say("scan-sending-words", chosen.files.length === 1 ? "Sending the photo…" : `Sending ${chosen.files.length} photos…`);
  try {
    const data = await send(PATH, form, { signal, headers: { "Idempotency-Key": key }, sent: (part) => ($("scan-sent").value = part) });
    if (signal.aborted) return;
    Object.assign(job, { id: data.jobId, token: data.token });
    keepScan(job);
    run(new Live(job, chosen.names, chosen.urls));
    $("scan-live-title").focus({ preventScroll: true });
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Refused)) throw error;
    show("scan-intro", "scan-choose");
    refuse(error);
  }
}

function refuse({ message, code, details }) {
  const advice = (words.advice[code] ?? words.advice.other).replace("{}", waitInWords(details?.retryAfter));
  const index = details?.index;
  if (Number.isInteger(index)) chosen.blame(index, message);
  say("scan-problem", `${message} ${advice}`);
  $("scan-start").textContent = PASSING.has(code) ? "Try again" : $("scan-start").textContent;
  $("scan-problem").focus();
}

function waitInWords(seconds = 60) {
  return seconds <= 90 ? `${Math.max(1, Math.ceil(seconds))} s` : `${Math.ceil(seconds / 60)} minutes`;
}

// -- following

function run(live) {
  view = { status: "queued", final: null };
  show("scan-live");
  $("scan-cancel").disabled = false;
  $("scan-link").href = `/jobs/${encodeURIComponent(job.id)}#token=${encodeURIComponent(job.token)}`;
  document.title = "Reading photos… · BooksTrack";
  line("connecting");
  showState();
  follow(job, told(live), turn.signal);
}

function line(name, reason = "") {
  if (view.final) return; // the channel is closed after its last message
  $("scan-line").dataset.line = name;
  say("scan-line-words", words.lines[name]);
  if (reason) say("scan-problem", `The server closed the connection: ${reason}.`);
}

function showState(text = "") {
  say("scan-state", text || (words.states[view.status] ?? view.status));
}

// What the channel tells, in the order in which it came.
function told(live) {
  const events = {
    job_started: () => (view.status = "running"),
    job_progress(payload) {
      if (view.status !== "canceling") view.status = "running";
      live.show(payload);
      if (view.status === "running") showState(payload.status);
    },
    job_complete: () => end("completed"),
    job_canceled: () => end("canceled"),
    error: (payload) => end("failed", payload),
  };
  return {
    line,
    refused(error) {
      forgetScan();
      choose();
      say("scan-problem", error.code === "TOKEN_EXPIRED" ? "The scan that was here can no longer be shown: its two hours are over." : error.message);
    },
    broken() {}, // progress tells everything anew each time
    state(data) {
      if (data.endTime) return end(data.status, data.error);
      if (view.status !== "canceling") view.status = data.status;
      if (data.status !== "running") showState();
    },
    hear({ type, payload }) {
      if (view.final) return;
      events[type]?.(payload);
    },
    done: () => view.final ?? end("completed"),
  };
}

// -- the end

function end(status, error = null) {
  if (view.final) return;
  view = { status, final: { status, error } };
  const failed = status === "failed";
  const whole = status === "completed";
  const again = failed && chosen.files.length > 0;
  $("scan-retry").hidden = !again;
  const why = error?.message ?? "It is not known why.";
  const advice = error?.retryable === false ? "Other photos may work." : "Trying again may help.";
  say("scan-ended-words", failed ? `The photos could not be read: ${why} ${advice}` : "The scan was canceled. What was found until then is shown, the photos are deleted.");
  const hadFocus = $("scan-live").contains(document.activeElement);
  show(...(whole ? [] : ["scan-ended"]));
  document.title = `${failed ? "Scan failed" : "Your books"} · BooksTrack`;
  results.show();
  if (hadFocus) $("scanned-title").focus({ preventScroll: true });
}

// -- what people do

$("scan-choose").addEventListener("submit", (event) => {
  event.preventDefault();
  if (chosen.files.length) start();
});
$("scan-stop").addEventListener("click", () => {
  choose();
  $("scan-start").focus();
});
$("scan-retry").addEventListener("click", () => {
  forgetScan();
  key = newKey();
  results.clear();
  start();
});
$("scan-cancel").addEventListener("click", async () => {
  $("scan-cancel").disabled = true;
  const { signal } = turn;
  try {
    await ask(job, "", { method: "DELETE" });
    if (signal.aborted) return;
    view.status = "canceling";
    showState();
  } catch (error) {
    if (signal.aborted) return;
    $("scan-cancel").disabled = false;
    say("scan-problem", `The scan could not be canceled: ${error.message}`);
  }
});

$("no-script").remove();
Object.assign(job, keptScan());
if (job.id) run(new Live(job));
else choose();
