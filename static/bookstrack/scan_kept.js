// Which scan the page /scan goes on with after a reload: kept for this tab, where it may be.

const NAME = "bookstrack-scan";

export function keptScan() {
  try {
    return JSON.parse(sessionStorage.getItem(NAME)) ?? {};
  } catch {
    return {}; // no storage: a reload begins anew
  }
}

export function keepScan({ id, token }) {
  try {
    sessionStorage.setItem(NAME, JSON.stringify({ id, token }));
  } catch {
    // as above
  }
}

export function forgetScan() {
  try {
    sessionStorage.removeItem(NAME);
  } catch {
    // as above
  }
}
