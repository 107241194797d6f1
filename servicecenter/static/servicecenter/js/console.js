// The console's keyboard. A key finds its control on the page: data-key="t" is pressed with T, whatever it does,
// so the keys never know more than the page shows. Keys rest inside fields, and one switch turns single keys off.

const SWITCH = "sd-single-keys";
const sheet = document.querySelector("[data-keysheet]");
const singleKeys = document.querySelector("[data-single-keys]");

// What was chosen on this computer, else what the person's profile says; the queue's script reads the outcome.
const chosen = () => localStorage.getItem(SWITCH) ?? (document.querySelector("[data-single-keys-off]") ? "off" : "on");
const settle = () => (document.documentElement.dataset.singleKeys = chosen());
const isOn = () => document.documentElement.dataset.singleKeys !== "off";

settle();

if (singleKeys) {
  singleKeys.checked = isOn();
  singleKeys.addEventListener("change", () => {
    localStorage.setItem(SWITCH, singleKeys.checked ? "on" : "off");
    settle();
  });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keysheet-open]")) sheet?.showModal();
});

const writes = (element) => element.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

// Links are followed, buttons pressed, fields focused; a <details> is opened and its first control focused.
function use(control) {
  if (control.matches("input:not([type=checkbox]), textarea, select")) {
    control.focus();
    control.select?.();
  } else if (control.matches("details")) {
    control.open = true;
    control.querySelector("select, input, textarea, button, a")?.focus();
  } else {
    control.click();
  }
}

const visible = (control) => control.matches("details") || control.getClientRects().length > 0;

function press(key) {
  const row = document.activeElement?.closest("[data-row]");
  const near = row?.querySelector(`[data-row-key="${CSS.escape(key)}"]`);
  const control = near ?? [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(visible);
  if (control) use(control);
  return Boolean(control);
}

// G, then a letter within a second: data-go="k" and data-go="m".
let going = 0;

function go(key) {
  going = 0;
  document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click();
}

function single(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (going && Date.now() - going < 1000) return go(key);
  if (key === "g") {
    going = Date.now();
    return true;
  }
  if (key === "?") return sheet?.showModal() ?? true;
  return press(key);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || sheet?.open) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("form");
    if (form && writes(event.target)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-send]") ?? undefined);
    }
    return;
  }
  if (event.key === "Escape") {
    if (writes(event.target)) event.target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !isOn()) return;
  if (writes(event.target) || event.key.length !== 1 || event.key === " ") return;
  if (single(event) !== false) event.preventDefault();
});

// One polite voice, at most every ten seconds: a page says what it wants to be heard with "sd:announce".
const voice = document.querySelector("[data-announce]");
let spokenAt = 0;
let waiting;

document.addEventListener("sd:announce", (event) => {
  clearTimeout(waiting);
  const pause = Math.max(0, spokenAt + 10000 - Date.now());
  waiting = setTimeout(() => {
    spokenAt = Date.now();
    if (voice) voice.textContent = event.detail.text;
  }, pause);
});
