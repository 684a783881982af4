// The page /import: a file is looked at, its columns are set right by hand, and it becomes a job, whose page shows the rest.
// The file is held here from the moment it is chosen: what was shown is what is imported.

import { $, element, number } from "./dom.js";
import { showColumns, showFormat, showPlan, showPreview } from "./import_look.js";
import { Refused, send } from "./import_send.js";

const words = JSON.parse($("words").textContent);
const PATH = "/v1/import/csv";
const MAX_MB = words.maxBytes / 2 ** 20;

let file = null; // in memory
let changed = {}; // header to field, as people chose it
let detected = {}; // header to field, as it was before they did
let key = ""; // of the start of exactly this import: sent twice, it starts one job
let turn = new AbortController();
let retry = null;

// -- a file

async function take(given) {
  begin();
  file = null;
  $("looked").hidden = true;
  [changed, detected] = [{}, {}];
  for (const id of ["encoding", "delimiter"]) $(id).value = "";
  if (given.size > words.maxBytes) {
    const mb = (given.size / 2 ** 20).toFixed(1);
    return refuse(new Refused(`“${given.name}” has ${mb} MB; at most ${MAX_MB} MB are taken.`), "FILE_TOO_LARGE");
  }
  const mine = turn;
  try {
    file = new File([await given.arrayBuffer()], given.name, { type: given.type });
  } catch {
    return refuse(new Refused(`“${given.name}” cannot be read: is it a folder, or still being written?`), "none");
  }
  if (mine === turn) await look();
}

function begin() {
  turn.abort();
  turn = new AbortController();
  retry = null;
  $("again").hidden = true;
  $("problem").textContent = "";
  $("sending").hidden = true;
}

function form() {
  const made = new FormData();
  made.set("file", file, file.name);
  made.set("enrich", $("enrich").checked ? "1" : "0");
  for (const id of ["encoding", "delimiter"]) if ($(id).value) made.set(id, $(id).value);
  if (Object.keys(changed).length) made.set("mapping", JSON.stringify(changed));
  return made;
}

// -- looking, starting

async function look() {
  if (!file) return;
  await sent(look, "Reading", async (options) => {
    const data = await send(`${PATH}?plan=1`, form(), options);
    if (options.signal.aborted) return;
    show(data);
    $("format").focus();
  });
}

async function start() {
  await sent(start, "Starting the import of", async (options) => {
    const { jobId, token } = await send(PATH, form(), { ...options, headers: { "Idempotency-Key": key } });
    location.assign(`/jobs/${encodeURIComponent(jobId)}#token=${encodeURIComponent(token)}`);
  });
}

// One sending at a time: a newer one takes its place.
async function sent(again, doing, act) {
  begin();
  const { signal } = turn;
  $("sending").hidden = false;
  $("sent").value = 0;
  $("sending-words").textContent = `${doing} “${file.name}”…`;
  $("start").disabled = $("renew").disabled = true;
  try {
    await act({ signal, sent: (part) => ($("sent").value = part) });
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Refused)) throw error;
    refuse(error, error.code, again);
  } finally {
    if (!signal.aborted) {
      $("sending").hidden = true;
      $("start").disabled = $("renew").disabled = false;
    }
  }
}

function show(data) {
  const headers = new Set(data.mapping.map(({ column }) => column));
  changed = Object.fromEntries(Object.entries(changed).filter(([header]) => headers.has(header)));
  for (const { column, field } of data.mapping) if (!(column in changed)) detected[column] = field ?? "";
  newKey();
  showFormat(words, file.name, data);
  showColumns(words, data, change);
  showPreview(words, data.preview);
  showPlan(words, data, $("enrich").checked);
  $("outdated").hidden = true;
  $("looked").hidden = false;
}

function change(header, field) {
  if (detected[header] === field) delete changed[header];
  else changed[header] = field;
  newKey();
  $("outdated").hidden = false;
}

function newKey() {
  key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// -- what went wrong

const PASSING = new Set(["RATE_LIMIT_EXCEEDED", "unreachable", "unavailable"]);

function refuse(error, code, again = null) {
  const passing = PASSING.has(code);
  const advice = code === "none" ? "" : (words.advice[code] ?? words.advice.other);
  $("problem").textContent = [error.message, advice.replace("{}", waitInWords(error.details?.retryAfter))].filter(Boolean).join(" ");
  if (!passing) $("looked").hidden = true;
  retry = passing ? again : null;
  $("again").hidden = !retry;
  $("problem").focus();
}

function waitInWords(seconds = 60) {
  return seconds <= 90 ? `${number(Math.max(1, Math.ceil(seconds)))} s` : `${number(Math.ceil(seconds / 60))} minutes`;
}

// -- what people do

for (const id of ["encoding", "delimiter"]) {
  $(id).append(...Object.entries(words[`${id}s`]).map(([value, label]) => element("option", { value }, label)));
}

$("file").addEventListener("change", () => {
  const [given] = $("file").files;
  if (given) take(given);
});
$("file").addEventListener("click", () => ($("file").value = "")); // the same file, changed meanwhile, is a new one
for (const id of ["encoding", "delimiter", "enrich"]) $(id).addEventListener("change", look);
$("choose").addEventListener("submit", (event) => event.preventDefault());
$("renew").addEventListener("click", look);
$("start").addEventListener("click", start);
$("again").addEventListener("click", () => retry?.());
$("stop").addEventListener("click", () => {
  begin();
  $("start").disabled = $("renew").disabled = false;
  $("file").focus();
});

// a file that is dropped beside its place would be opened by the browser
addEventListener("dragover", (event) => {
  event.preventDefault();
  $("drop").dataset.over = "yes";
});
for (const name of ["dragleave", "drop", "dragend"]) addEventListener(name, () => delete $("drop").dataset.over);
addEventListener("drop", (event) => {
  event.preventDefault();
  const { files } = event.dataTransfer;
  if (files.length === 1) return take(files[0]);
  begin();
  refuse(new Refused(files.length ? "These are several files. Drop them one after the other." : "That was no file."), "none");
});

$("no-script").remove();
$("choose").reset(); // some browsers fill it in again
$("choose").hidden = false;
