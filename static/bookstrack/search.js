// The search page without reloading: asks the API, fills the markup that the server rendered.
// Text from outside is only ever set as text; words are the server's own (pages.py, WORDS).

const $ = (id) => document.getElementById(id);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const words = JSON.parse($("words").textContent);
const [form, box, problem, list, more, retry] = ["search", "q", "problem", "books", "more", "retry"].map($);
const GIVE_UP_MS = 20000;
const SKELETON_AFTER_MS = 150; // sooner, it would only flash

let turn = null; // the search whose answer may be shown; a newer one takes it over
let shown = location.search;

// -- asking

class Refused extends Error {} // with the members of the envelope's `error`
const refused = (about) => Object.assign(new Refused(), about);

async function ask(path, query, controller = new AbortController()) {
  const timer = setTimeout(() => controller.abort(), GIVE_UP_MS);
  try {
    const reply = await fetch(`${path}?${new URLSearchParams(query)}`, { signal: controller.signal });
    const body = await reply.json();
    if (!body.success) throw refused(body.error);
    return body;
  } catch (error) {
    if (error instanceof Refused) throw error;
    const late = controller.signal.aborted;
    throw refused({ message: late ? "No answer came in time." : "The server could not be reached.", retryable: true });
  } finally {
    clearTimeout(timer);
  }
}

async function search(text, offset = 0, append = false) {
  turn?.abort();
  const mine = (turn = new AbortController());
  const waiting = setTimeout(showLoading, SKELETON_AFTER_MS, append);
  try {
    const { data, metadata } = await ask("/v1/search", { q: text, limit: words.pageSize, offset }, mine);
    if (turn === mine) showAnswer(text, offset, append, data, metadata);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (turn === mine) showRefusal(text, offset, append, error);
  } finally {
    clearTimeout(waiting);
  }
}

// -- states

function show(state) {
  for (const part of all("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(state);
  for (const ghost of all(".ghost")) ghost.remove();
  list.removeAttribute("aria-busy");
  problem.textContent = "";
  box.removeAttribute("aria-invalid");
}

function showLoading(append) {
  if (!append) {
    show("loading");
    say("notes");
    list.replaceChildren();
  }
  say("summary", "Searching…");
  list.setAttribute("aria-busy", "true");
  for (let n = append ? 1 : 3; n; n--) {
    list.append(Object.assign(blank(), { className: "book ghost", ariaHidden: "true" }));
  }
}

function showAnswer(text, offset, append, data, metadata) {
  const hadFocus = document.activeElement === more;
  const asked = data.detected?.kind === "isbn" ? "isbn" : "words";
  show(data.works.length || offset ? "books" : "nothing");
  for (const part of all("[data-kind]")) part.hidden = part.dataset.kind !== asked;
  if (!append) {
    list.replaceChildren();
    list.dataset.offset = offset;
  }
  const known = new Set([...list.children].map((item) => item.dataset.id));
  const books = data.works.map((work, i) => bookOf(work, data.editions[i])).filter((item) => !known.has(item.dataset.id));
  list.append(...books);
  const first = Number(list.dataset.offset);
  const next = offset + words.pageSize;
  say("notes", notes(metadata));
  say("summary", summary(first, list.children.length, data.totalResults));
  link(more, text, next, data.works.length && next < data.totalResults && next <= words.maxOffset);
  link($("previous"), text, Math.max(0, first - words.pageSize), first);
  if (hadFocus && more.hidden) Object.assign(books[0] ?? list, { tabIndex: -1 }).focus();
}

function showRefusal(text, offset, append, error) {
  const hadFocus = document.activeElement === more;
  const bad = error.statusCode === 400;
  show(append ? "cut-short" : bad ? "invalid" : "failed");
  say("summary");
  say("notes");
  if (bad) {
    problem.textContent = (error.code === "INVALID_ISBN" ? words.asIsbn : "") + error.message;
    box.setAttribute("aria-invalid", "true");
    return box.focus();
  }
  say("failure", `${error.message} ${failures(error.details?.providers ?? {})}`);
  say("advice", error.retryable ? words.retry.replace("{}", wait(error.retryAfterMs)) : words.noRetry);
  link(retry, text, offset, error.retryable);
  retry.dataset.append = append ? "yes" : "";
  if (hadFocus) retry.focus();
}

function say(id, text = "") {
  $(id).textContent = text;
}

function link(anchor, text, offset, useful) {
  anchor.href = address(text, offset);
  anchor.hidden = !useful;
}

// -- in words

const languageNames = new Intl.DisplayNames(["en"], { type: "language" });
const languageName = (code) => code && languageNames.of(code);
const providerName = (name) => words.providers[name] ?? name;

function failures(statuses) {
  const failed = Object.entries(statuses).filter(([, status]) => words.failures[status]);
  const said = failed.map(([name, status]) => `${providerName(name)} ${words.failures[status]}`);
  return said.length ? `${said.join("; ")}.` : "";
}

function notes(metadata) {
  if (metadata.staleBecause) return words.stale;
  const failed = failures(metadata.providers);
  return failed && `${failed} ${words.incomplete}`;
}

function summary(offset, count, total) {
  if (!count) return "There are no more books.";
  if (!offset && count >= total) return count === 1 ? "1 book" : `${count} books`;
  if (!offset) return `The first ${count} of about ${total} books`;
  return `Books ${offset + 1} to ${offset + count} of about ${Math.max(total, offset + count)}`;
}

function wait(ms = 0) {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 5) return "a moment";
  if (seconds <= 90) return `${seconds} seconds`;
  return seconds <= 5400 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3600)} hours`;
}

function facts(work, edition) {
  const first = work.firstPublicationYear;
  const own = edition.publicationYear;
  return [
    first < 0 ? `${-first} BCE` : first,
    edition.publisher,
    own && own !== first && `edition of ${own}`,
    edition.pageCount && `${edition.pageCount} pages`,
    edition.format,
    languageName(edition.language),
  ];
}

// -- one book

const blank = () => $("book").content.firstElementChild.cloneNode(true);
const address = (text, offset) => `/?${new URLSearchParams(offset ? { q: text, offset } : { q: text })}`;

function element(name, members, ...children) {
  const made = Object.assign(document.createElement(name), members);
  made.append(...children);
  return made;
}

const entry = (...parts) => element("li", {}, ...parts);
const askLink = (text) => element("a", { className: "ask", href: address(text) }, element("bdi", {}, text));

// what is unknown is left out; a <bdi> around each, since their directions may differ
function row(parts, separator) {
  const known = parts.filter(Boolean).map((part) => (part instanceof Node ? part : element("bdi", {}, part)));
  return known.flatMap((part, i) => (i ? [separator, part] : [part]));
}

function bookOf(work, edition) {
  const item = blank();
  const slot = (name) => item.querySelector(`[data-slot="${name}"]`);
  const language = (edition.title === work.title && edition.language) || work.originalLanguage;
  Object.assign(item.dataset, { id: work.id, title: work.title, author: work.authors[0]?.name ?? "" });
  slot("initial").textContent = [...work.title][0]?.toUpperCase();
  for (const name of ["title", "subtitle"]) Object.assign(slot(name), { textContent: work[name], lang: language ?? "" });
  slot("of").textContent = work.title;
  slot("authors").append(...row(work.authors.map((author) => askLink(author.name)), ", "));
  slot("facts").append(...row(facts(work, edition), " · "));
  slot("match").dataset.level = work.match.level;
  slot("match").firstElementChild.title = work.match.reasons.join("; ");
  slot("level").textContent = words.levels[work.match.level];
  slot("reasons").append(...work.match.reasons.map((reason) => entry(reason)));
  slot("found-by").textContent = work.providers.map(providerName).join(", ");
  slot("isbns").append(...work.isbn.map((isbn) => entry(askLink(isbn))));
  addCover(slot("cover"), edition.coverUrls?.medium ?? edition.coverImageURL ?? work.coverImageURL);
  return item;
}

function addCover(place, url) {
  if (!/^(https:\/\/|\/covers\/)/.test(url)) return;
  // src last: the other settings hold for the loading
  place.append(element("img", { alt: "", width: 96, height: 144, loading: "lazy", referrerPolicy: "no-referrer", src: url }));
}

// -- editions, asked for when they are opened

async function showEditions(item) {
  const place = item.querySelector('[data-slot="editions"]');
  const { id, title, author } = item.dataset;
  item.dataset.asked = "yes";
  place.textContent = "Looking for editions…";
  try {
    const { data } = await ask("/v1/editions/search", { workTitle: title, ...(author && { author }), limit: 40 });
    // without an author, an equal title may be another book: only the work itself counts then
    const same = data.editions.filter((_, i) => author || data.works[i].id === id);
    const found = element("ul", { className: "found" }, ...same.map(editionEntry));
    place.replaceChildren(same.length ? found : "No further editions are known.");
    for (const plain of all(".isbns li", item)) if (same.some((edition) => edition.isbn === plain.textContent)) plain.remove();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    delete item.dataset.asked; // opening it again asks again
    place.textContent = `The editions could not be fetched: ${error.message} Open this again to retry.`;
  }
}

function editionEntry(edition) {
  const { title, publisher, publicationYear, format, language, isbn } = edition;
  return entry(...row([title, publisher, publicationYear, format, languageName(language), isbn && askLink(isbn)], " · "));
}

// -- what people do

function go(text, offset = 0) {
  if (address(text, offset) !== location.pathname + location.search) history.pushState(null, "", address(text, offset));
  arrive();
}

function arrive() {
  shown = location.search;
  const query = new URLSearchParams(shown);
  const text = (query.get("q") ?? "").trim();
  box.value = text;
  document.title = text ? `${text.slice(0, 60)} · BooksTrack` : "BooksTrack";
  if (text) return search(text, parseInt(query.get("offset")) || 0);
  turn?.abort();
  turn = null;
  show("welcome");
  say("notes");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = box.value.trim();
  if (!text) return;
  if (matchMedia("(pointer: coarse)").matches) box.blur(); // the keyboard would cover the results
  go(text);
});

document.addEventListener("click", (event) => {
  const anchor = event.target.closest("a");
  if (!anchor || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const query = new URLSearchParams(anchor.search);
  const [text, offset] = [query.get("q"), Number(query.get("offset"))];
  if (anchor === more) search(text, offset, true);
  else if (anchor === retry) search(text, offset, Boolean(retry.dataset.append));
  else if (anchor.matches(".ask, #previous")) {
    go(text, offset);
    $("main").focus({ preventScroll: true });
    scrollTo(0, 0);
  } else return;
  event.preventDefault();
});

list.addEventListener("toggle", (event) => {
  const item = event.target.closest(".book");
  if (event.target.matches(".editions[open]") && !item.dataset.asked) showEditions(item);
}, true);

document.addEventListener("error", ({ target }) => target.matches?.(".cover img") && target.remove(), true);
for (const image of all(".cover img")) if (image.complete && !image.naturalWidth) image.remove();

addEventListener("popstate", () => location.search !== shown && arrive()); // a jump within the page is no new search
more.textContent = "Show more";
