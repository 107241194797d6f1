// Reply and internal note as two tabs. Without JavaScript both forms stand below each other, each under its link.

function tabsOf(list) {
  return [...list.querySelectorAll('[role="tab"]')];
}

function panelOf(tab) {
  return document.getElementById(tab.getAttribute("aria-controls"));
}

function show(list, chosen, { focus = false } = {}) {
  for (const tab of tabsOf(list)) {
    const isChosen = tab === chosen;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    panelOf(tab).hidden = !isChosen;
  }
  if (focus) panelOf(chosen).querySelector("textarea")?.focus();
}

// The markup is plain links to each form; the roles come with the script that makes them true.
function makeTabs(list) {
  list.setAttribute("role", "tablist");
  for (const link of list.querySelectorAll("a[href^='#']")) {
    const panel = document.querySelector(link.getAttribute("href"));
    link.setAttribute("role", "tab");
    link.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", link.id);
  }
  const wanted = tabsOf(list).find((tab) => panelOf(tab).matches("[data-open-first]")) ?? tabsOf(list)[0];
  show(list, wanted);
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest('[data-tabs] [role="tab"]');
  if (!tab) return;
  event.preventDefault();
  show(tab.closest("[data-tabs]"), tab, { focus: true });
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.('[data-tabs] [role="tab"]');
  if (!tab || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const list = tab.closest("[data-tabs]");
  const all = tabsOf(list);
  const next = all[(all.indexOf(tab) + (event.key === "ArrowRight" ? 1 : -1) + all.length) % all.length];
  show(list, next);
  next.focus();
  event.preventDefault();
});

function start(root) {
  for (const list of root.querySelectorAll("[data-tabs]:not([role])")) makeTabs(list);
}

document.addEventListener("htmx:load", (event) => start(event.detail.elt.parentElement ?? document));
start(document);
