// Draws the rows that can be seen, and no more: a log of a million lines is a scroller with some 100 elements.
import { render } from "./ansi.js";

export const HEIGHT = 20;              // px of a row without wrap
const TALLEST = 15_000_000;            // px; browsers end below 18 million, above it the scroller is scaled
const AROUND = 12;                     // rows drawn beyond either edge
const MOST = 150;

export class Rows {
  // `store.get(line)` gives rows; `options` is read at each drawing: {find, marked, time, began, link(line)}.
  constructor(body, store, options) {
    this.body = body;
    this.store = store;
    this.options = options;
    this.list = body.querySelector(".lines");
    this.space = Object.assign(document.createElement("div"), { className: "log-space" });
    this.drawn = new Map();            // line -> element
    this.list.replaceChildren();
    body.append(this.space);
    body.dataset.windowed = "";
    body.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(body);
  }

  get total() { return this.store.last; }
  get scale() { return Math.max(1, this.total * HEIGHT / TALLEST); }
  get top() { return this.body.scrollTop * this.scale; }

  // Everything anew: after a change of what rows look like.
  redraw() {
    this.drawn.forEach(element => element.remove());
    this.drawn.clear();
    this.draw();
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.stretch();
    const seen = Math.ceil(this.body.clientHeight / HEIGHT);
    const wrapped = this.options.wrap;
    const first = Math.max(1, Math.floor(this.top / HEIGHT) + 1 - (wrapped ? 0 : AROUND));
    const last = Math.min(this.total, first + Math.min(MOST, seen + 2 * AROUND));
    for (const [line, element] of this.drawn) {
      if (line < first || line > last) { element.remove(); this.drawn.delete(line); }
    }
    let after = null;
    for (let line = last; line >= first; line -= 1) after = this.place(line, after);
    this.list.style.transform = `translateY(${this.body.scrollTop - this.top + (first - 1) * HEIGHT}px)`;
  }

  place(line, after) {
    const row = this.store.get(line);
    let element = this.drawn.get(line);
    if (element && (element.ready || !row)) return element;
    const fresh = this.make(line, row);
    if (element) element.replaceWith(fresh);
    else this.list.insertBefore(fresh, after);
    this.drawn.set(line, fresh);
    return fresh;
  }

  make(line, row) {
    const { find, marked, time, hits } = this.options;
    const element = document.createElement("li");
    const text = Object.assign(document.createElement("span"), { className: "tx" });
    element.append(Object.assign(document.createElement("a"), { className: "no", tabIndex: -1, textContent: line, href: this.options.link(line) }));
    if (time && row) element.append(Object.assign(document.createElement("span"), { className: "at", textContent: this.moment(row[1]) }));
    if (row) text.append(render(row[3], find));
    element.append(text);
    element.classList.toggle("unread", !row);
    element.classList.toggle("marked", Boolean(marked) && line >= marked[0] && line <= marked[1]);
    element.classList.toggle("hit", hits?.has(line) ?? false);
    element.ready = Boolean(row);
    return element;
  }

  moment(at) {
    if (this.options.time === "clock") return new Date(at).toISOString().slice(11, 23);
    return `+${((at - (this.options.began ?? at)) / 1000).toFixed(3)}`;
  }

  // The scroller is as tall as all lines would be.
  stretch() {
    const height = `${Math.min(this.total * HEIGHT, TALLEST)}px`;
    if (this.space.style.height !== height) this.space.style.height = height;
  }

  // Puts `line` in the middle, without a move where it is in sight already.
  show(line) {
    this.stretch();
    const top = (line - 1) * HEIGHT;
    const inside = top >= this.top && top + HEIGHT <= this.top + this.body.clientHeight;
    if (!inside || this.options.wrap) this.body.scrollTop = Math.max(0, top - this.body.clientHeight / 2) / this.scale;
    this.draw();
  }

  toEnd() {
    this.stretch();
    this.body.scrollTop = this.body.scrollHeight;
    this.draw();
  }
}
