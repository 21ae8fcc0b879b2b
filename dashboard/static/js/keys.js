// Single keys, off with one switch; never while one types, never with Ctrl, Alt or Meta.
const HELP = [["/", "search"], ["g r", "repositories"], ["g s", "status"], ["?", "these keys"], ["Esc", "close"],
  ["f", "log: follow"], ["t", "log: times"], ["w", "log: wrap"], ["n N", "log: next hit, hit before"],
  ["[ ]", "log: step before, next step"], ["e", "log: failed step"]];
let before = "";

export function startKeys() {
  if (document.body.dataset.keys === "off") return;
  document.addEventListener("keydown", pressed);
  const help = document.querySelector("[data-keys-help]");
  if (help) { help.hidden = false; help.addEventListener("click", showKeys); }
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const chord = before + event.key;
  before = event.key === "g" ? "g" : "";
  const found = { "/": focusSearch, "?": showKeys, gr: () => go("/repos"), gs: () => go("/status") }[chord];
  if (!found) return;
  event.preventDefault();
  found();
}

function typing(target) {
  return target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
}

function focusSearch() {
  (document.querySelector("main form[data-search] input[type=search]") ?? document.getElementById("find"))?.focus();
}

function go(path) {
  location.href = path;
}

function showKeys() {
  const dialog = document.createElement("dialog");
  const list = Object.assign(document.createElement("dl"), { className: "keys" });
  for (const [keys, meaning] of HELP) {
    const term = document.createElement("dt");
    for (const key of keys.split(" ")) term.append(Object.assign(document.createElement("kbd"), { textContent: key }), " ");
    list.append(term, Object.assign(document.createElement("dd"), { textContent: meaning }));
  }
  dialog.append(Object.assign(document.createElement("h1"), { textContent: "Keys" }), list);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
}
