// What became of a row of an import, in groups and in words, and what people choose where it is unsure.

// Which of the groups a row of the results belongs to, when nobody chose anything.
export function groupOf(item, sureMatch) {
  if (item.code) return "error";
  const enrich = item.enrich;
  if (!enrich) return "read";
  if (enrich.status === "success") return enrich.match && enrich.match.score >= sureMatch ? "matched" : "unsure";
  if (enrich.status !== "not_found") return "error";
  return enrich.candidates?.length ? "unsure" : "not_found";
}

// Rows of a page of results in the order of the file; both lists come sorted.
export const inOrder = ({ books, errors }) => [...books, ...errors].sort((one, other) => one.row - other.row);

export const foundTitle = (item) => item.enrich?.work?.title ?? "";
export const foundAuthors = (item) => (item.enrich?.authors ?? item.enrich?.work?.authors ?? []).map(({ name }) => name).join(", ");
export const foundYear = (item) => item.enrich?.edition?.publicationYear ?? item.enrich?.work?.firstPublicationYear;
export const yearInWords = (year) => (year === undefined ? "" : year < 0 ? `${-year} BCE` : String(year));
export const percent = (score) => `${Math.round(score * 100)}\u00a0%`;

// The candidate that was taken for a row without asking anybody: its place, or -1.
export const takenByItself = (item) => (item.enrich?.candidates ?? []).findIndex((candidate) => candidate.chosen);

// What people took themselves: row to the place of the candidate. Kept for this tab, where it may be.
export class Choices {
  #name;
  #rows;

  constructor(jobId) {
    this.#name = `bookstrack-import:${jobId}`;
    try {
      this.#rows = new Map(Object.entries(JSON.parse(sessionStorage.getItem(this.#name) ?? "{}")));
    } catch {
      this.#rows = new Map(); // no storage, or nothing that can be read: they last as long as the page
    }
  }

  has(row) {
    return this.#rows.has(String(row));
  }

  // The candidate that was taken, or nothing.
  of(item) {
    return item.enrich?.candidates?.[this.#rows.get(String(item.row))];
  }

  take(row, place) {
    if (place === null) this.#rows.delete(String(row));
    else this.#rows.set(String(row), place);
    try {
      sessionStorage.setItem(this.#name, JSON.stringify(Object.fromEntries(this.#rows)));
    } catch {
      // as above
    }
  }
}
