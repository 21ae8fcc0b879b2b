// Draws the rows that can be seen, and no more: a log of a million lines is a scroller with some 100 elements.
//
// What stays in place is a row, not a pixel: `anchor` says which row's top stands how many px below the upper edge.
// A scroll moves the anchor by its px; one that goes far, as by the scroll bar's thumb, by its share of the whole.
// The scroller's own position is only an estimate of that, and is set right when nobody scrolls.
import { render } from "./ansi.js";
import { head } from "./heads.js";

export const HEIGHT = 20;              // px of a row without wrap
const TALLEST = 15_000_000;            // px; browsers end below 18 million, above it the scroller is scaled
const AROUND = 12;                     // rows drawn beyond either edge
const MOST = 150;

export class Rows {
  // `options` is read at each drawing: {find, hits, here, marked, time, wrap, link(line), moment(at)}; `arrange()` gives a Layout.
  constructor(body, store, options, arrange) {
    Object.assign(this, { body, store, options, arrange, tall: HEIGHT, anchor: { key: 1, at: 0 }, seenTop: 0 });
    this.list = body.querySelector(".lines");
    this.space = Object.assign(document.createElement("div"), { className: "log-space" });
    this.drawn = new Map();            // key -> element
    this.pinned = new Set();           // keys of rows that stay, since a selection begins or ends in them
    this.list.replaceChildren();
    body.append(this.space);
    body.dataset.windowed = "";
    body.addEventListener("scroll", () => this.scrolled(), { passive: true });
    body.addEventListener("scrollend", () => { this.moving = false; this.loose = true; this.draw(); });
    new ResizeObserver(() => this.draw()).observe(body);
    this.changed();
  }

  // The order changed: lines came, a fold opened.
  changed() {
    this.layout = this.arrange();
    this.loose = true;
    this.draw();
  }

  // Everything anew: after a change of what rows look like.
  redraw() {
    this.drawn.forEach(element => element.remove());
    this.drawn.clear();
    this.pinned.clear();
    this.tall = HEIGHT;
    this.changed();
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  scrolled() {
    const moved = this.body.scrollTop - this.seenTop;
    if (!moved) return;
    this.seenTop = this.body.scrollTop;
    this.moving = "onscrollend" in window;
    if (Math.abs(moved) > this.body.clientHeight * 1.2) this.jump();
    else this.anchor = this.normal({ key: this.anchor.key, at: this.anchor.at - moved });
    this.draw();
  }

  jump() {
    const y = this.seenTop * this.scale, row = Math.min(this.layout.total - 1, Math.floor(y / this.tall));
    if (row >= 0) this.anchor = { key: this.layout.at(row).key, at: Math.round(row * this.tall - y) };
  }

  // Without wrap every row is as tall: the row at the edge is known before it is drawn.
  normal({ key, at }) {
    if (this.options.wrap || !this.layout.total) return { key, at };
    const row = this.layout.row(key), edge = Math.max(0, Math.min(this.layout.total - 1, row - Math.floor(at / HEIGHT)));
    return { key: this.layout.at(edge).key, at: at + (edge - row) * HEIGHT };
  }

  get whole() { return this.layout.total * this.tall; }
  get room() { return Math.max(0, Math.min(this.whole, TALLEST) - this.body.clientHeight); }
  get scale() { return this.room ? (this.whole - this.body.clientHeight) / this.room : 1; }

  paint() {
    const { body, layout, anchor, drawn } = this;
    this.stretch();
    const seen = Math.ceil(body.clientHeight / HEIGHT), row = layout.row(anchor.key);
    let start = Math.min(row - Math.ceil(Math.max(0, anchor.at) / HEIGHT), layout.total - seen) - AROUND;
    let end = row + Math.ceil(Math.max(0, body.clientHeight - anchor.at) / HEIGHT) + AROUND;
    start = Math.max(0, start);
    end = Math.min(layout.total, Math.max(end, seen + AROUND), start + MOST);
    const wanted = [];
    for (let place = start; place < end; place += 1) wanted.push(layout.at(place));
    const keys = new Set(wanted.map(item => item.key));
    for (const [key, element] of drawn) {
      const pinned = !keys.has(key) && this.pinned.has(key);
      element.classList.toggle("pinned", pinned);
      if (!keys.has(key) && !pinned) { element.remove(); drawn.delete(key); }
    }
    let after = [...drawn.values()].find(element => element.matches(".pinned") && layout.row(element.key) >= end) ?? null;
    for (const item of wanted.reverse()) after = this.place(item, after);
    this.settle(row, start, end);
    this.store.want(wanted.filter(item => item.line && !drawn.get(item.key).ready).map(item => item.line));
    this.options.painted?.();
  }

  // Puts the list where the anchor wants it, within the ends, and the scroller where that is.
  settle(row, start, end) {
    const { body, layout } = this, client = body.clientHeight;
    const measured = this.options.wrap, anchored = this.drawn.get(layout.total ? layout.at(row).key : 0);
    const above = measured ? anchored?.offsetTop ?? 0 : (row - start) * HEIGHT;
    const tall = measured ? this.list.offsetHeight : (end - start) * HEIGHT;
    let top = this.anchor.at - above;
    if (end === layout.total) top = Math.max(top, client - tall);
    if (start === 0) top = Math.min(top, 0);
    this.anchor.at = top + above;
    this.edges = { top: start === 0 && top >= 0, bottom: end === layout.total && top + tall <= client + 1 };
    if (measured && this.loose && end > start) this.estimate(tall / (end - start));
    this.rest(row);
    Object.assign(this, { top, start, end });
    this.list.style.transform = `translateY(${this.seenTop + top}px)`;
    if (measured) this.hold();
  }

  // Where wrapped rows are taller than thought, the scroller grows; not for a little.
  estimate(tall) {
    if (Math.abs(tall / this.tall - 1) < 0.25) return;
    this.tall = tall;
    this.stretch();
  }

  rest(row) {
    const ideal = this.edges.top ? 0 : this.edges.bottom ? this.room : Math.min(this.room - 1, Math.max(1, (row * this.tall - this.anchor.at) / this.scale));
    const stuck = (this.seenTop <= 0) !== this.edges.top || (this.seenTop >= this.room - 1) !== this.edges.bottom;
    if (((this.loose && !this.moving) || stuck) && Math.abs(ideal - this.seenTop) > 1) this.body.scrollTop = ideal;
    this.loose = false;
    this.seenTop = this.body.scrollTop;
  }

  // After wrapped rows were measured, the one at the upper edge becomes the anchor, if the old one is out of sight.
  hold() {
    if (this.anchor.at > -HEIGHT && this.anchor.at < this.body.clientHeight) return;
    const { item, at } = this.edge() ?? {};
    if (item) this.anchor = { key: item.key, at };
  }

  place(item, after) {
    const row = item.line ? this.store.get(item.line) : null;
    let element = this.drawn.get(item.key);
    if (!element || (item.line && !element.ready && row)) {
      const fresh = item.line ? this.line(item.line, row) : head(item.fold);
      fresh.key = item.key;
      fresh.ready = !item.line || Boolean(row);
      if (element) element.replaceWith(fresh);
      else this.list.insertBefore(fresh, after);
      this.drawn.set(item.key, element = fresh);
    }
    if (!item.line) head(item.fold, element);
    else this.dress(element, item.line);
    return element;
  }

  line(number, row) {
    const element = document.createElement("li");
    const text = Object.assign(document.createElement("span"), { className: "tx" });
    element.append(Object.assign(document.createElement("a"), { className: "no", tabIndex: -1, textContent: number, href: this.options.link(number) }));
    if (this.options.time) element.append(Object.assign(document.createElement("span"), { className: "at", textContent: row ? this.options.moment(row[1]) : "" }));
    if (row) text.append(render(row[3], this.options.find));
    element.append(text);
    return element;
  }

  dress(element, line) {
    const { marked, hits, here } = this.options, list = element.classList;
    list.toggle("unread", !element.ready);
    list.toggle("marked", line === here || (Boolean(marked) && line >= marked[0] && line <= marked[1]));
    list.toggle("hit", hits?.has(line) ?? false);
  }

  // The scroller is as tall as all rows would be. What the browser moves at that is nobody's scroll.
  stretch() {
    const height = `${Math.min(this.whole, TALLEST)}px`;
    if (this.space.style.height === height) return;
    this.space.style.height = height;
    this.seenTop = this.body.scrollTop;
    this.loose = true;
  }

  // Puts a row `at` px below the edge, or in the middle; without a move where it is in sight already.
  show(key, at = null) {
    const element = this.layout.total && this.drawn.get(this.layout.at(this.layout.row(key)).key);
    const top = element && !element.matches(".pinned") ? this.top + element.offsetTop : -1;
    if (at === null && top >= HEIGHT && top + HEIGHT <= this.body.clientHeight) return;
    this.anchor = { key, at: at ?? Math.floor(this.body.clientHeight / 2) };
    this.loose = true;
    this.draw();
  }

  // What happens next leaves this row where it is.
  keep(key) {
    const element = this.drawn.get(key);
    if (element) this.anchor = { key, at: this.top + element.offsetTop };
  }

  toEnd() {
    if (this.layout.total) this.show(this.layout.at(this.layout.total - 1).key, 0);
  }

  toStart() {
    if (this.layout.total) this.show(this.layout.at(0).key, 0);
  }

  // {item, at} of the row at the upper edge, as it was drawn last.
  edge() {
    let row = this.start + (this.options.wrap ? 0 : Math.max(0, Math.floor(-this.top / HEIGHT)));
    const below = key => { const element = this.drawn.get(key); return element && this.top + element.offsetTop + element.offsetHeight <= 0; };
    while (this.options.wrap && row + 1 < this.end && below(this.layout.at(row).key)) row += 1;
    if (!(row < this.end)) return null;
    const item = this.layout.at(row);
    return { item, at: this.top + (this.options.wrap ? this.drawn.get(item.key).offsetTop : (row - this.start) * HEIGHT) };
  }
}
