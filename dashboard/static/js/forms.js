// Searches as one types, confirmations as dialogs, one press a form.
import { copy } from "./clipboard.js";
import { refresh } from "./live.js";

const PAUSE = 150;      // ms after the last key

export function startForms() {
  for (const form of document.querySelectorAll("form[data-search]")) searchAsTyped(form);
  document.addEventListener("click", clicked);
  document.addEventListener("change", event => { if (event.target.tagName === "SELECT") event.target.dataset.touched = ""; });
  document.addEventListener("submit", onePress);
  document.addEventListener("input", event => { if (event.target.form?.method === "post") document.body.dataset.typed = ""; });
  addEventListener("popstate", () => refresh());
  for (const code of document.querySelectorAll("[data-copy]")) offerCopy(code);
}

function searchAsTyped(form) {
  let timer = 0;
  const go = () => {
    const url = new URL(form.getAttribute("action") ?? location.href, location.href);
    const given = [...new FormData(form)].filter(([, value]) => value !== "");
    url.search = new URLSearchParams(given).toString();
    history.replaceState(null, "", url);
    refresh(url.href);
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(go, PAUSE); });
  form.addEventListener("submit", event => { event.preventDefault(); clearTimeout(timer); go(); });
}

function clicked(event) {
  if (event.target.closest("[data-parked] button")) { refresh(); return; }
  const link = event.target.closest("a[data-dialog], [data-close], [data-fill], [data-look]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if ("fill" in link.dataset) {
    const form = document.getElementById(link.hash.slice(1));
    form.elements.name.value = link.dataset.fill;
    form.elements.value.focus();
    event.preventDefault();
  } else if ("close" in link.dataset) {
    const dialog = link.closest("dialog");
    if (dialog) { event.preventDefault(); dialog.close(); }
  } else if ("look" in link.dataset) {
    event.preventDefault();
    refresh();
  } else {
    event.preventDefault();
    openDialog(link);
  }
}

// What cannot be had as a dialog is a page of its own; and two presses are one dialog.
async function openDialog(link) {
  const answer = await fetch(link.href, { headers: { "X-Fragment": "1" } }).catch(() => null);
  const text = answer?.ok && !answer.redirected ? await answer.text().catch(() => "") : "";
  if (!text) { location.href = link.href; return; }
  if (document.querySelector("dialog[open]")) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  const dialog = document.createElement("dialog");
  dialog.append(...page.getElementById("main").children);
  dialog.setAttribute("aria-label", page.title);
  dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
}

// A second press while the first is on its way would only be a double.
function onePress(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if ("sent" in form.dataset) { event.preventDefault(); return; }
  form.dataset.sent = "";
  addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
}

function offerCopy(code) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy", className: "small" });
  button.addEventListener("click", () => { button.textContent = copy(code.textContent) ? "Copied" : "Not copied: select it"; });
  code.after(" ", button);
}
