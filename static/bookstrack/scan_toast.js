// What was just done, with a button that takes it back. It stays while somebody points at it or is in it.

import { $ } from "./dom.js";

const SHOWN_MS = 9000;
let timer = 0;

export function toast(text, { focus = false } = {}) {
  clearTimeout(timer);
  $("scanned-toast").hidden = false;
  $("scanned-toast").firstElementChild.textContent = text;
  if (focus) $("scanned-toast").querySelector("button").focus({ preventScroll: true });
  const hide = () => {
    if ($("scanned-toast").matches(":hover, :focus-within")) timer = setTimeout(hide, SHOWN_MS);
    else hideToast();
  };
  timer = setTimeout(hide, SHOWN_MS);
}

export function hideToast() {
  clearTimeout(timer);
  $("scanned-toast").hidden = true;
}
