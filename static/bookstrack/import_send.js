// Sending a file to the API, with how far it is. Not by fetch, which does not tell.

const ANSWER_MS = 120000; // after the last byte was sent

export class Refused extends Error {} // with the members of the envelope's `error`, or the code "unreachable" or "unavailable"

const refused = (code, message, more = {}) => Object.assign(new Refused(message), { code, ...more });

// The `data` of an answer. `sent` is called with 0..1. Throws Refused; an AbortError where `signal` stopped it.
export function send(path, form, { headers = {}, sent, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let silence = 0;
    const over = new AbortController();
    const settle = (act, value) => (clearTimeout(silence), over.abort(), act(value));
    request.upload.addEventListener("progress", ({ loaded, total }) => sent(total ? loaded / total : 0));
    request.upload.addEventListener("load", () => {
      silence = setTimeout(() => request.abort(), ANSWER_MS);
      sent(1);
    });
    request.addEventListener("load", () => {
      const answer = read(request);
      settle(answer instanceof Refused ? reject : resolve, answer);
    });
    request.addEventListener("error", () => settle(reject, refused("unreachable", "The server could not be reached.")));
    request.addEventListener("abort", () => {
      settle(reject, signal.aborted ? signal.reason : refused("unavailable", "No answer came in time."));
    });
    signal.addEventListener("abort", () => request.abort(), { signal: over.signal });
    request.open("POST", path);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(form);
  });
}

function read(request) {
  let body;
  try {
    body = JSON.parse(request.responseText);
  } catch {
    return refused("unavailable", "The server gave no answer that can be read.");
  }
  if (body?.success) return body.data;
  if (!body?.error) return refused("unavailable", "The server gave no answer that can be read.");
  const { message, code, ...more } = body.error;
  return refused(request.status >= 500 ? "unavailable" : code, message, more);
}
