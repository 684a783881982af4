// The few lines that every page's script needs. Text from outside is only ever set as text.

export const $ = (id) => document.getElementById(id);
export const number = (value) => value.toLocaleString("en");

// `role` and names with a hyphen are attributes; everything else is set as a property.
export function element(name, members = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(members)) {
    if (key === "role" || key.includes("-")) made.setAttribute(key, value);
    else if (key === "dataset") Object.assign(made.dataset, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}

export const cut = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text);

// [["Title", "Dune"], …] as a list of terms; what is unknown is left out
export function terms(pairs, className = "") {
  const known = pairs.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return element("dl", { className }, ...known.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", { dir: "auto" }, value))));
}
