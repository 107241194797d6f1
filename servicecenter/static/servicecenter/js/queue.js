// The queue: J and K move real focus from row to row (roving tabindex), X selects, Space peeks, Enter opens.
// Each row is tr[data-row] with a link a[data-open] and a checkbox [data-select]; the bar [data-bulk] acts on the selected.

const queue = () => document.querySelector("[data-queue]");
const rows = () => [...(queue()?.querySelectorAll("[data-row]") ?? [])];
const opener = (row) => row.querySelector("a[data-open]");
const currentRow = () => document.activeElement?.closest?.("[data-row]");
const isOn = () => document.documentElement.dataset.singleKeys !== "off";

// Exactly one row is in the tab order: the one last focused, else the first.
function rove(to) {
  for (const row of rows()) opener(row)?.setAttribute("tabindex", row === to ? "0" : "-1");
}

function start() {
  const first = currentRow() ?? rows().find((row) => row.dataset.row === remembered()) ?? rows()[0];
  if (first) rove(first);
}

function remembered() {
  return sessionStorage.getItem("sd-queue-row");
}

function step(by) {
  const all = rows();
  const at = all.indexOf(currentRow());
  const next = at < 0 ? all.find((row) => opener(row)?.tabIndex === 0) ?? all[0] : all[at + by];
  if (next) opener(next)?.focus();
  return Boolean(next);
}

document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("[data-row]");
  if (!row || !queue()?.contains(row)) return;
  rove(row);
  sessionStorage.setItem("sd-queue-row", row.dataset.row);
  opener(row)?.scrollIntoView({ block: "nearest" });
});

// Selection, with a range by Shift, and the bar that counts it.
let anchor;

function select(row, { range = false } = {}) {
  const box = row.querySelector("[data-select]");
  if (!box) return false;
  const all = rows();
  if (range && anchor) {
    const [from, to] = [all.indexOf(anchor), all.indexOf(row)].sort((a, b) => a - b);
    for (const between of all.slice(from, to + 1)) mark(between, true);
  } else {
    mark(row, !box.checked);
    anchor = row;
  }
  count();
  return true;
}

function mark(row, checked) {
  const box = row.querySelector("[data-select]");
  if (!box) return;
  box.checked = checked;
  row.classList.toggle("sd-q-selected", checked);
}

const selected = () => rows().filter((row) => row.querySelector("[data-select]")?.checked);

// The bar shows itself with the first selected row; without this script it is always there.
function count() {
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  const chosen = selected().length;
  bar.classList.toggle("sd-bulk-on", chosen > 0);
  const words = bar.querySelector("[data-bulk-count]");
  words.textContent = words.dataset.words.replace("{n}", chosen);
  const all = document.querySelector("[data-select-all]");
  all.checked = chosen > 0 && chosen === rows().length;
  all.indeterminate = chosen > 0 && chosen < rows().length;
}

function clear() {
  const chosen = selected();
  for (const row of chosen) mark(row, false);
  count();
  return chosen.length > 0;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-all]")) {
    for (const row of rows()) mark(row, event.target.checked);
    count();
  } else if (event.target.matches("[data-select]")) {
    mark(event.target.closest("[data-row]"), event.target.checked);
    anchor = event.target.closest("[data-row]");
    count();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-bulk-clear]")) clear();
});

// Space: a look at the row's ticket in a <dialog>, filled from the ticket's own page. J and K go on, Space closes it.
const peeking = () => document.querySelector("[data-peek]");
let seen; // the row in the dialog; closing leads the focus back to it

async function peek(row) {
  const dialog = peeking();
  const address = opener(row).href;
  const answer = await fetch(address);
  if (!answer.ok || answer.redirected) return window.location.assign(address);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const body = dialog.querySelector("[data-peek-body]");
  body.replaceChildren(...page.querySelectorAll("[data-peek-part]"));
  // Ids and keys belong to the page, where they may be once only.
  for (const part of body.querySelectorAll("[id], [data-key]")) {
    part.removeAttribute("id");
    part.removeAttribute("data-key");
  }
  dialog.querySelector("[data-peek-open]").href = address;
  seen = row;
  if (!dialog.open) dialog.showModal();
  body.focus();
  body.scrollTop = 0;
}

function keyInPeek(event) {
  if (event.key === " ") peeking().close();
  else if (event.key === "Enter" && !event.target.closest("a, button")) window.location.assign(opener(seen).href);
  else if (["j", "k"].includes(event.key.toLowerCase())) peekOn(event.key.toLowerCase() === "j" ? 1 : -1);
  else return false;
  return true;
}

function peekOn(by) {
  const all = rows();
  const next = all[all.indexOf(seen) + by];
  if (next) peek(next);
}

document.addEventListener("close", (event) => event.target.matches?.("[data-peek]") && opener(seen)?.focus(), true);

// A key acts on the selected tickets, when there are some; else on the focused one. Taking is the row's own button.
function act(key, page) {
  if (selected().length) {
    document.querySelector(`[data-bulk-key="${key}"]`)?.click();
    return true;
  }
  if (!page || !currentRow()) return false;
  const ticket = new URL(opener(currentRow()).href);
  window.location.assign(`${ticket.pathname}${page}/${ticket.search}`);
  return true;
}

const KEYS = {
  t: () => act("t"),
  a: () => act("a", "tildeling"),
  s: () => !selected().length && act("s", "ventetid"),
  p: () => act("p", "prioritet"),
  n: () => act("n", "note"),
  j: () => step(1),
  k: () => step(-1),
  x: (event) => currentRow() && select(currentRow(), { range: event.shiftKey }),
  " ": () => currentRow() && (peek(currentRow()), true),
};

document.addEventListener(
  "keydown",
  (event) => {
    if (!queue() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (peeking()?.open) {
      if (event.key.length === 1) event.stopPropagation(); // no key of the page below
      return keyInPeek(event) && event.preventDefault();
    }
    if (document.querySelector("dialog[open]")) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, button")) return;
    if (event.key === " " && event.target.closest("input")) return;
    if (event.key === "Escape" && clear()) return event.preventDefault();
    if (!isOn()) return;
    if (KEYS[event.key.toLowerCase()]?.(event)) event.preventDefault();
  },
  true,
);

// A swap keeps what was focused and selected: rows are the same when their numbers are.
let before = { focused: undefined, chosen: [] };

document.addEventListener("htmx:beforeSwap", () => {
  before = {
    focused: currentRow()?.dataset.row,
    chosen: selected().map((row) => row.dataset.row),
  };
});

document.addEventListener("htmx:afterSwap", () => {
  if (!queue()) return;
  for (const row of rows()) if (before.chosen.includes(row.dataset.row)) mark(row, true);
  const focused = rows().find((row) => row.dataset.row === before.focused);
  start();
  if (focused && !currentRow()) opener(focused)?.focus({ preventScroll: true });
  count();
});

// A browser that goes back may bring the checks with it.
function settle() {
  for (const row of rows()) mark(row, row.querySelector("[data-select]")?.checked);
  count();
}

start();
settle();
window.addEventListener("pageshow", settle);
