// The queue: J and K move real focus from row to row (roving tabindex), X selects, Space peeks, Enter opens.
// Each row is tr[data-row] with a link a[data-open], and a checkbox [data-select] where bulk work is offered.

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

function count() {
  const chosen = rows().filter((row) => row.querySelector("[data-select]")?.checked).length;
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  bar.hidden = chosen === 0;
  const words = bar.querySelector("[data-bulk-count]");
  if (words) words.textContent = words.dataset.words.replace("{n}", chosen);
}

function clear() {
  const chosen = rows().filter((row) => row.querySelector("[data-select]")?.checked);
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

// Space: the row's own peek, a <dialog> that htmx fills from the ticket's address; without htmx it opens the ticket.
function peek(row) {
  const dialog = document.querySelector("[data-peek]");
  if (!dialog || !window.htmx) return opener(row)?.click();
  const body = dialog.querySelector("[data-peek-body]");
  window.htmx
    .ajax("GET", opener(row).href, { target: body, swap: "innerHTML", select: "#peek" })
    .then(() => dialog.showModal());
}

// T takes the focused ticket; A and S open its pages for assigning and waiting.
function take(row) {
  const form = document.querySelector("form[data-take]");
  if (!form) return false;
  form.action = `${opener(row).href}tag/`;
  form.submit();
  return true;
}

function visit(row, page) {
  window.location.assign(`${opener(row).href}${page}/`);
  return true;
}

const KEYS = {
  t: () => currentRow() && take(currentRow()),
  a: () => currentRow() && visit(currentRow(), "tildeling"),
  s: () => currentRow() && visit(currentRow(), "ventetid"),
  j: () => step(1),
  k: () => step(-1),
  x: (event) => currentRow() && select(currentRow(), { range: event.shiftKey }),
  " ": () => currentRow() && (peek(currentRow()), true),
};

document.addEventListener(
  "keydown",
  (event) => {
    if (!queue() || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
    if (event.key === "Escape" && clear()) return event.preventDefault();
    if (!isOn()) return;
    const act = KEYS[event.key.toLowerCase()];
    if (act?.(event)) event.preventDefault();
  },
  true,
);

// A swap keeps what was focused and selected: rows are the same when their numbers are.
let before = { focused: undefined, chosen: [] };

document.addEventListener("htmx:beforeSwap", () => {
  before = {
    focused: currentRow()?.dataset.row,
    chosen: rows().filter((row) => row.querySelector("[data-select]")?.checked).map((row) => row.dataset.row),
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

start();
count();
