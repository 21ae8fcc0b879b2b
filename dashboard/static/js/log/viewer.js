// One log on a page: its rows, its stream, and the bar above them.
import { Rows } from "./rows.js";
import { Search } from "./search.js";
import { Store } from "./store.js";
import { Stream } from "./stream.js";
import { Steps } from "./steps.js";

const OVER = new Set(["success", "failure", "error", "canceled", "skipped"]);

export class Viewer {
  constructor(section) {
    this.section = section;
    this.body = section.querySelector(".log-body");
    this.more = section.querySelector(".log-more");
    this.store = new Store(section.dataset.log, () => this.rows.draw());
    this.options = { find: "", time: "", wrap: false, marked: marked(section.dataset.line), link: line => `${section.dataset.page}?line=${line}` };
    this.following = false;
    this.unseen = 0;
    this.start();
  }

  async start() {
    const wanted = this.options.marked?.[0] ?? Number(this.section.dataset.first) ?? 1;
    const page = await this.store.load(Math.floor((wanted - 1) / 1000) * 1000 + 1);
    if (!this.section.isConnected) return;
    this.rows = new Rows(this.body, this.store, this.options);
    this.options.began = page.lines[0]?.[1];
    this.search = new Search(this.section, this.store, this.rows, this.options);
    this.steps = new Steps(this.section, this.rows);
    this.bindBar();
    this.bindBody();
    this.rows.draw();
    const over = OVER.has(this.section.dataset.state);
    if (this.options.marked) this.rows.show(this.options.marked[0]);
    else if (!over) this.follow(true);
    else if (this.section.classList.contains("panel")) this.rows.toEnd();
    if (!this.store.complete) this.listen();
    this.section.dataset.ready = "";
    this.steps.load();
  }

  listen() {
    this.stream = new Stream(`${this.section.dataset.log}/stream`, () => this.store.last, {
      lines: rows => this.arrived(rows),
      end: () => { this.store.complete = true; this.follow(false); this.steps.load(); },
    });
  }

  arrived(rows) {
    const before = this.store.last;
    this.store.add(rows);
    this.options.began ??= rows[0]?.[1];
    this.body.querySelector(".log-empty")?.remove();
    if (this.following) this.rows.toEnd();
    else this.tellUnseen(this.store.last - before);
    this.rows.draw();
    this.steps.loadSoon();
  }

  tellUnseen(count) {
    this.unseen += count;
    this.more.hidden = this.unseen === 0;
    this.more.firstElementChild.textContent = `${this.unseen} new line${this.unseen === 1 ? "" : "s"} ↓`;
  }

  follow(on) {
    this.following = on;
    this.section.querySelector("[data-toggle=follow]").setAttribute("aria-pressed", on);
    if (!on) return;
    this.unseen = 0;
    this.more.hidden = true;
    this.rows.toEnd();
  }

  bindBar() {
    for (const button of this.section.querySelectorAll("[data-toggle]")) {
      button.hidden = false;
      button.addEventListener("click", () => this.toggle(button.dataset.toggle));
    }
    this.more.addEventListener("click", () => this.follow(true));
    if (innerWidth < 640) this.toggle("wrap");
  }

  toggle(name) {
    if (name === "follow") { this.follow(!this.following); return; }
    if (name === "time") this.options.time = { "": "elapsed", elapsed: "clock", clock: "" }[this.options.time];
    if (name === "wrap") this.options.wrap = !this.options.wrap;
    this.section.dataset.wrap = this.options.wrap ? "on" : "off";
    this.section.querySelector(`[data-toggle=${name}]`).setAttribute("aria-pressed", Boolean(this.options[name]));
    this.rows.redraw();
  }

  // Only a person's own wheel, keys or drag end following, never a line that comes.
  bindBody() {
    const leave = () => { if (this.following) this.follow(false); };
    this.body.addEventListener("wheel", event => { if (event.deltaY < 0) leave(); }, { passive: true });
    this.body.addEventListener("pointerdown", event => { if (event.offsetX > this.body.clientWidth) leave(); });
    this.body.addEventListener("touchmove", leave, { passive: true });
    this.body.addEventListener("keydown", event => this.pressed(event, leave));
    this.body.addEventListener("click", event => this.clicked(event));
  }

  pressed(event, leave) {
    if (event.ctrlKey && event.key === "f" && !event.altKey && !event.metaKey) { this.search.focus(event); return; }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const actions = { f: () => this.toggle("follow"), t: () => this.toggle("time"), w: () => this.toggle("wrap"),
      "/": () => this.search.focus(), n: () => this.search.step(1), N: () => this.search.step(-1),
      "[": () => this.steps.jump(-1), "]": () => this.steps.jump(1), e: () => this.steps.failed() };
    if (["ArrowUp", "PageUp", "Home"].includes(event.key)) leave();
    if (event.key === "End" && !this.store.complete) this.follow(true);
    if (!actions[event.key] || document.body.dataset.keys === "off") return;
    event.preventDefault();
    actions[event.key]();
  }

  // A number links to its line; with Shift, to the range from the line marked before.
  clicked(event) {
    const number = event.target.closest(".no");
    if (!number || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const line = Number(number.textContent);
    const from = event.shiftKey && this.options.marked ? this.options.marked[0] : line;
    this.options.marked = [Math.min(from, line), Math.max(from, line)];
    const [first, last] = this.options.marked;
    if (!this.section.classList.contains("panel")) history.replaceState(null, "", `?line=${first === last ? first : `${first}-${last}`}`);
    this.rows.redraw();
  }

  stop() {
    this.stream?.stop();
  }
}

function marked(text) {
  const [first, last] = (text ?? "").split("-").map(Number);
  return first ? [first, last || first] : null;
}
