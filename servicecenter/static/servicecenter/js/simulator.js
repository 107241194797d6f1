// The simulator works as a plain form. This shows a slider's number while it is moved, and keeps opened boxes open
// when htmx brings the page anew.

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-echo]")) return;
  const output = document.querySelector(`output[for="${CSS.escape(event.target.id)}"]`);
  if (output) output.textContent = `${event.target.value} %`;
});

let opened = [];

document.addEventListener("htmx:beforeSwap", () => {
  opened = [...document.querySelectorAll("#sim details[open]")].map((box) => box.id);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
});
