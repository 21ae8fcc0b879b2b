// The keys of a log: in it, and on a page that shows nothing else, wherever nobody types.
const MOVES = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End", " "]);
const UP = new Set(["ArrowUp", "PageUp", "Home"]);

export function bindKeys(viewer) {
  const inside = event => viewer.body.contains(event.target);
  const pressed = event => { if (document.querySelector("dialog[open]")) return; if (inside(event) || (!viewer.panel && event.target === document.body)) key(viewer, event); };
  document.addEventListener("keydown", pressed, true);
  viewer.stopKeys = () => document.removeEventListener("keydown", pressed, true);
}

function key(viewer, event) {
  if (event.altKey || event.metaKey || event.isComposing) return;
  if (event.ctrlKey) {
    if (event.key === "f") act(event, () => viewer.search.focus());
    if (event.key === "Home") { viewer.leave(); act(event, () => viewer.rows.toStart()); }
    if (event.key === "End") act(event, () => end(viewer));
    return;
  }
  if (MOVES.has(event.key)) { move(viewer, event); return; }
  if (document.body.dataset.keys === "off") return;
  const action = { f: () => viewer.toggle("follow"), t: () => viewer.toggle("time"), w: () => viewer.toggle("wrap"),
    "/": () => viewer.search.focus(), n: () => viewer.search.next(1), N: () => viewer.search.next(-1),
    "[": () => step(viewer, -1), "]": () => step(viewer, 1), e: () => { viewer.leave(); viewer.steps.failed(); } }[event.key];
  if (action) act(event, action);
}

// Home and End are ours, since the browser would pass over all that lies between; the others scroll as anywhere.
function move(viewer, event) {
  if (UP.has(event.key)) viewer.leave();
  if (event.target === document.body) viewer.body.focus({ preventScroll: true });
  if (event.key === "Home") act(event, () => viewer.rows.toStart());
  if (event.key === "End") act(event, () => end(viewer));
}

function end(viewer) {
  if (viewer.store.complete) viewer.rows.toEnd();
  else viewer.follow(true);
}

function step(viewer, by) {
  viewer.leave();
  viewer.steps.jump(by);
}

function act(event, action) {
  event.preventDefault();
  event.stopPropagation();
  action();
}
