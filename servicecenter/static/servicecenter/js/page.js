// What every page may use, bound by data attributes. Everything here shortens a way that also works without it.

const ready = () => {
  document.querySelector("[data-focus]")?.focus();
  startDesignSystem(document);
  bindDrafts(document);
};

// Det Fælles Designsystem: one component at a time, since malformed markup in one stops the rest.
function startDesignSystem(root) {
  try {
    window.DKFDS?.init({ scope: root });
  } catch (error) {
    console.warn("A component of the design system did not start:", error.message);
  }
}

// <select data-submit> sends its form at once; the form's button is .sd-no-js.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
});

// <button data-print> opens the browser's print.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// <details data-menu> and the menus of the header close with Esc and when the reader clicks elsewhere.
const menus = () => document.querySelectorAll("details.sd-menu[open], details.sd-me[open]");

document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A file field in [data-drop] also takes files that are dropped, or a picture from the clipboard.
const dropFrom = (event) => event.target.closest?.("[data-drop]");

function take(zone, files) {
  const input = zone.querySelector("input[type=file]");
  const chosen = new DataTransfer();
  for (const file of input.multiple ? [...input.files, ...files] : [...files].slice(0, 1)) chosen.items.add(file);
  input.files = chosen.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("dragover", (event) => {
  const zone = dropFrom(event);
  if (!zone) return;
  event.preventDefault();
  zone.classList.add("sd-drop-over");
});

document.addEventListener("dragleave", (event) => dropFrom(event)?.classList.remove("sd-drop-over"));

document.addEventListener("drop", (event) => {
  const zone = dropFrom(event);
  if (!zone) return;
  event.preventDefault();
  zone.classList.remove("sd-drop-over");
  take(zone, event.dataTransfer.files);
});

document.addEventListener("paste", (event) => {
  const zone = event.target.closest?.("form")?.querySelector("[data-drop]");
  if (zone && event.clipboardData?.files.length) take(zone, event.clipboardData.files);
});

// <textarea data-draft="ticket-48213"> is kept on this computer every five seconds until its form is sent.
// A draft is offered only where the server sent an empty field, and is forgotten after a week.
const WEEK = 7 * 24 * 3600 * 1000;

function draftKey(field) {
  return `sd-draft:${field.dataset.draft}`;
}

function readDraft(field) {
  try {
    const draft = JSON.parse(localStorage.getItem(draftKey(field)));
    return draft && Date.now() - draft.at < WEEK ? draft.text : "";
  } catch {
    return "";
  }
}

function keepDraft(field) {
  if (field.value.trim()) localStorage.setItem(draftKey(field), JSON.stringify({ text: field.value, at: Date.now() }));
  else localStorage.removeItem(draftKey(field));
}

function bindDrafts(root) {
  for (const field of root.querySelectorAll("textarea[data-draft]")) {
    if (field.dataset.bound) continue;
    field.dataset.bound = "yes";
    if (!field.value) field.value = readDraft(field);
    let waiting;
    field.addEventListener("input", () => {
      waiting ??= setTimeout(() => {
        waiting = undefined;
        keepDraft(field);
      }, 5000);
    });
    field.form?.addEventListener("submit", () => {
      clearTimeout(waiting);
      localStorage.removeItem(draftKey(field));
    });
    window.addEventListener("pagehide", () => waiting && keepDraft(field));
  }
}

// When a page signs somebody out, drafts must not wait for the next person at the same computer.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-forget-drafts]")) return;
  for (const key of Object.keys(localStorage)) if (key.startsWith("sd-draft:")) localStorage.removeItem(key);
});

// htmx: pieces that arrive later get the same treatment, and a failed fetch says so in words.
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt === document.body) return;
  withoutMenu(() => startDesignSystem(event.detail.elt));
  bindDrafts(event.detail.elt);
});

// The design system starts the menu of the whole page each time, and would add one more "Mere" for every piece.
function withoutMenu(start) {
  const menu = document.querySelector(".navigation-menu .mainmenu");
  menu?.classList.remove("mainmenu");
  start();
  menu?.classList.add("mainmenu");
}

const lost = () => document.querySelector("[data-connection-lost]");

document.addEventListener("htmx:sendError", () => lost()?.removeAttribute("hidden"));
document.addEventListener("htmx:afterOnLoad", () => lost()?.setAttribute("hidden", ""));

ready();
