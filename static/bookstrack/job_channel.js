// A job's events, each once and in order: a WebSocket that comes back by itself, Server-Sent Events where no socket gets through.
// Every connection asks for what follows the last seq that was seen. The token goes in headers only.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30000;
const FULL_PAUSE_MS = 15000; // all places for sockets are taken
const STEADY_MS = 5000; // a connection that held so long was a good one
const SILENT_MS = 75000; // the server pings every 30 s
const LOG_GONE_MS = 3000; // an ended job that tells nothing of its end has lost its log
const ANSWER_MS = 20000;
const TRIES_BEFORE_STREAM = 3;
const LAST = new Set(["job_complete", "job_canceled", "error"]);
const [GOING_AWAY, POLICY, LOST] = [1001, 1008, 1006];

export class Refused extends Error {} // with the members of the envelope's `error`

export class Unreachable extends Error {}

// The `data` and `metadata` of an answer. Throws Refused, Unreachable.
export async function ask(job, path = "", { method = "GET", signal } = {}) {
  const stop = stopper(signal);
  const timer = setTimeout(() => stop.abort(), ANSWER_MS);
  let body;
  try {
    const headers = { Authorization: `Bearer ${job.token}` };
    const reply = await fetch(`/v1/jobs/${job.id}${path}`, { method, headers, cache: "no-store", signal: stop.signal });
    body = await reply.json();
  } catch {
    throw new Unreachable("The server cannot be reached just now.");
  } finally {
    clearTimeout(timer);
  }
  if (body.success) return body;
  const kind = body.error.statusCode >= 500 ? Unreachable : Refused;
  throw Object.assign(new kind(body.error.message), { code: body.error.code });
}

function stopper(signal) {
  const stop = new AbortController();
  signal?.addEventListener("abort", () => stop.abort(), { signal: stop.signal });
  return stop;
}

// Follow a job until it has ended, its token is refused, or the signal stops it. `told` has the callbacks
// state(data, serverMs), hear(message), line(name, reason), broken(seq, expected), refused(error), done().
export async function follow(job, told, signal) {
  const heard = { seq: 0, last: false, silentEnd: false, ended: false };
  let [failures, unopened] = [0, 0];
  while (!signal.aborted) {
    try {
      const { data, metadata } = await ask(job, "", { signal });
      heard.ended = Boolean(data.endTime);
      told.state(data, Date.parse(metadata.timestamp));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused) return told.refused(error);
      told.line("reconnecting");
      await pause(failures++, signal);
      continue;
    }
    const began = Date.now();
    const end = await (unopened < TRIES_BEFORE_STREAM ? listen : stream)(job, heard, told, signal);
    if (signal.aborted) return;
    if (heard.last || heard.silentEnd) return told.done();
    const held = Date.now() - began;
    unopened = end.opened ? 0 : unopened + 1;
    failures = held > STEADY_MS ? 0 : failures;
    told.line(end.code === GOING_AWAY ? "restarting" : "reconnecting", end.reason);
    if (end.code === GOING_AWAY && held > FIRST_PAUSE_MS) continue;
    await pause(failures++, signal, end.reason?.startsWith("too many") ? FULL_PAUSE_MS : 0);
  }
}

// Wait the longer the more often it failed; shorter when the network or the reader comes back.
function pause(failures, signal, least = 0) {
  const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
  const ms = Math.max(least, most * (0.5 + Math.random() / 2));
  return new Promise((resolve) => {
    const over = new AbortController();
    const go = () => (clearTimeout(timer), over.abort(), resolve());
    const timer = setTimeout(go, ms);
    addEventListener("online", go, { signal: over.signal });
    document.addEventListener("visibilitychange", () => !document.hidden && !least && go(), { signal: over.signal });
    signal.addEventListener("abort", go, { signal: over.signal });
  });
}

function take(message, heard, told) {
  if (!Number.isInteger(message.seq)) return;
  if (message.seq !== heard.seq + 1) told.broken(message.seq, heard.seq + 1);
  if (message.seq <= heard.seq) return;
  heard.seq = message.seq;
  heard.last = LAST.has(message.type);
  told.hear(message);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function listen(job, heard, told, signal) {
  return new Promise((resolve) => {
    const query = new URLSearchParams({ jobId: job.id, protocol: 2, lastSeq: heard.seq });
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/progress?${query}`, [`bookstrack-auth.${job.token}`]);
    const over = new AbortController();
    const on = (name, act) => socket.addEventListener(name, act, { signal: over.signal });
    let [opened, silence] = [false, 0];
    const leave = (code, reason = "") => {
      clearTimeout(silence);
      over.abort();
      socket.close();
      resolve({ opened, code, reason });
    };
    const wait = (ms, then) => (clearTimeout(silence), (silence = setTimeout(then, ms)));
    const lost = () => leave(LOST);
    wait(ANSWER_MS, lost);
    on("open", () => {
      opened = true;
      told.line("live");
      wait(heard.ended ? LOG_GONE_MS : SILENT_MS, heard.ended ? () => ((heard.silentEnd = true), lost()) : lost);
    });
    on("message", ({ data }) => {
      const message = parsed(data);
      if (!message) return lost();
      if (message.type === "ping") socket.send('{"type":"pong"}');
      if (message.type !== "connected" || !heard.ended) wait(SILENT_MS, lost);
      take(message, heard, told);
    });
    on("close", ({ code, reason }) => leave(code, code === POLICY ? reason : ""));
    signal.addEventListener("abort", lost, { signal: over.signal });
  });
}

// Answers as if it was never opened: where no socket got through three times, the stream is stayed with.
async function stream(job, heard, told, signal) {
  const end = { opened: false, code: LOST };
  const stop = stopper(signal);
  const headers = { Authorization: `Bearer ${job.token}`, "Last-Event-ID": String(heard.seq) };
  let [text, silence] = ["", 0];
  const wait = (ms, then) => (clearTimeout(silence), (silence = setTimeout(() => (then?.(), stop.abort()), ms)));
  try {
    wait(ANSWER_MS);
    const reply = await fetch(`/v1/jobs/${job.id}/events`, { headers, cache: "no-store", signal: stop.signal });
    if (!reply.ok) return end;
    told.line("live");
    const [reader, decoder] = [reply.body.getReader(), new TextDecoder()];
    for (;;) {
      if (heard.ended) wait(LOG_GONE_MS, () => (heard.silentEnd = true));
      else wait(SILENT_MS);
      const { done, value } = await reader.read();
      if (done) return end;
      const parts = (text + decoder.decode(value, { stream: true })).split("\n\n");
      text = parts.pop();
      for (const data of parts.map((part) => part.match(/^data: (.*)$/m)).filter(Boolean)) take(JSON.parse(data[1]), heard, told);
    }
  } catch {
    return end; // it was cut: the next one goes on after what came
  } finally {
    clearTimeout(silence);
    stop.abort();
  }
}
