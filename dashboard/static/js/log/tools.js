// The bar above a log, and what the mouse does in it.
const TIMES = { "": "elapsed", elapsed: "clock", clock: "" };
const WORDS = { "": "Time", elapsed: "Elapsed", clock: "UTC clock" };
const NARROW = 640;      // px

export function bindTools(viewer) {
  const { section, body } = viewer;
  const copy = section.querySelector(".copy");
  viewer.toggle = name => toggle(viewer, name);
  viewer.marked = () => offer(viewer, copy);
  viewer.leave = () => { if (viewer.following) viewer.follow(false); };
  for (const button of section.querySelectorAll("[data-toggle]")) {
    button.hidden = false;
    button.addEventListener("click", () => viewer.toggle(button.dataset.toggle));
  }
  copy?.addEventListener("click", async () => { viewer.say(await viewer.copy.marked().catch(() => false) ? "copied" : "nothing was copied"); });
  viewer.more.addEventListener("click", () => viewer.follow(true));
  for (const link of section.querySelectorAll("[data-text]")) link.addEventListener("click", () => ask(link, "upto", viewer.store.complete ? 0 : viewer.store.last));
  bindLeaving(viewer);
  body.addEventListener("click", event => clicked(viewer, event));
  if (innerWidth < NARROW) viewer.toggle("wrap");
  viewer.marked();
}

// Only a person's own wheel, keys or drag end following, never a line that comes.
function bindLeaving({ body, leave }) {
  body.addEventListener("wheel", event => { if (event.deltaY < 0) leave(); }, { passive: true });
  body.addEventListener("pointerdown", event => { if (event.target === body && event.offsetX > body.clientWidth) leave(); });
  body.addEventListener("touchmove", leave, { passive: true });
  body.addEventListener("selectstart", leave);
}

function toggle(viewer, name) {
  const { options, section, rows } = viewer;
  if (name === "follow") { viewer.follow(!viewer.following); return; }
  const button = section.querySelector(`[data-toggle=${name}]`);
  if (name === "time") {
    options.time = TIMES[options.time];
    button.textContent = WORDS[options.time];
    if (options.time === "elapsed" && viewer.store.began === undefined && viewer.store.load) viewer.store.load(1, 1).then(() => rows.redraw(), problem => viewer.tell("store", problem.message));
    for (const link of section.querySelectorAll("[data-text]")) ask(link, "time", options.time);
  }
  if (name === "wrap") options.wrap = !options.wrap;
  section.dataset.wrap = options.wrap ? "on" : "off";
  button.setAttribute("aria-pressed", Boolean(options[name]));
  rows.redraw();
  if (viewer.following) rows.toEnd();
}

// Raw and Download give the times that are shown, and every line that was seen.
function ask(link, name, value) {
  const url = new URL(link.href);
  if (value) url.searchParams.set(name, value);
  else url.searchParams.delete(name);
  link.href = url;
}

function offer({ options }, button) {
  if (!button) return;
  const [first, last] = options.marked ?? [0, -1], count = last - first + 1;
  button.hidden = count < 1;
  button.textContent = count === 1 ? "Copy line" : `Copy ${count.toLocaleString("en")} lines`;
}

// A number links to its line; with Shift, to the range from the line marked before. A head opens and closes its fold.
function clicked(viewer, event) {
  const number = event.target.closest(".no"), fold = event.target.closest(".fold"), only = event.target.closest("[data-only]");
  if (fold) {
    viewer.leave();
    viewer.rows.keep(-Number(fold.dataset.fold));
    viewer.steps.toggle(Number(fold.dataset.fold));
  }
  if (only) viewer.search.set(`step:${only.dataset.only}`);
  if (!number || event.metaKey || event.ctrlKey || viewer.panel) return;
  event.preventDefault();
  const line = Number(number.textContent);
  viewer.leave();
  viewer.mark(event.shiftKey && viewer.options.marked ? viewer.options.marked[0] : line, line);
  const [first, last] = viewer.options.marked;
  if (viewer.section.dataset.page) history.replaceState(null, "", `?line=${first === last ? first : `${first}-${last}`}`);
}
