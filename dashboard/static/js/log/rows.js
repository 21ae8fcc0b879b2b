// Draws the rows that can be seen, and no more: a log of a million lines is a scroller with some 100 elements.
import { render } from "./ansi.js";
import { head } from "./heads.js";
import { HEIGHT, Scroller } from "./scroller.js";

const AROUND = 12;                     // rows drawn beyond either edge
const MOST = 150;

export class Rows {
  // `options` is read at each drawing: {find, hits, here, marked, time, wrap, link(line), moment(at), painted()};
  // `arrange()` gives a Layout.
  constructor(body, store, options, arrange) {
    Object.assign(this, { body, store, options, arrange });
    this.list = Object.assign(document.createElement("ol"), { className: "lines" });
    body.append(this.list);
    this.drawn = new Map();            // key -> element
    this.pins = () => new Set();       // keys of rows that stay, since a selection begins or ends in them
    this.scroll = new Scroller(body, options, () => this.draw());
    body.dataset.windowed = "";
    this.changed();
  }

  // The order changed: lines came, a fold opened.
  changed() {
    this.layout = this.arrange();
    this.scroll.order(this.layout);
    this.draw();
  }

  // Everything anew: after a change of what rows look like.
  redraw() {
    this.drawn.forEach(element => element.remove());
    this.drawn.clear();
    this.scroll.tall = HEIGHT;
    this.changed();
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.scroll.stretch();
    const { layout, drawn } = this, [start, end] = this.span();
    const wanted = [];
    for (let place = start; place < end; place += 1) wanted.push(layout.at(place));
    this.clear(new Set(wanted.map(item => item.key)));
    let after = [...drawn.values()].find(element => element.matches(".pinned") && layout.row(element.key) >= end) ?? null;
    for (const item of wanted.reverse()) after = this.place(item, after);
    this.settle(start, end);
    this.store.want(wanted.filter(item => item.line && !drawn.get(item.key).ready).map(item => item.line));
    this.options.painted?.();
  }

  // The rows from the first to before the last that are drawn: those in sight by what the anchor says, and some around.
  span() {
    const { anchor: { key, at }, height } = this.scroll, { total } = this.layout;
    const row = this.layout.row(key), seen = Math.ceil(height / HEIGHT);
    const start = Math.max(0, Math.min(row - Math.ceil(Math.max(0, at) / HEIGHT), total - seen) - AROUND);
    const end = row + Math.ceil(Math.max(0, height - at) / HEIGHT) + AROUND;
    return [start, Math.min(total, Math.max(end, seen + AROUND), start + MOST)];
  }

  clear(keys) {
    const pins = this.pins();
    for (const [key, element] of this.drawn) {
      const pinned = !keys.has(key) && pins.has(key);
      element.classList.toggle("pinned", pinned);
      if (!keys.has(key) && !pinned) { element.remove(); this.drawn.delete(key); }
    }
  }

  // Puts the list where the anchor wants it, within the ends, and the scroller where that is.
  settle(start, end) {
    const { scroll, layout, options: { wrap } } = this, { anchor, height } = scroll, row = layout.row(anchor.key);
    const element = this.drawn.get(layout.total ? layout.at(row).key : 0);
    const above = wrap ? element?.offsetTop ?? 0 : (row - start) * HEIGHT;
    const tall = wrap ? this.list.offsetHeight : (end - start) * HEIGHT;
    let top = anchor.at - above;
    if (end === layout.total) top = Math.max(top, height - tall);
    if (start === 0) top = Math.min(top, 0);
    anchor.at = top + above;
    if (wrap && end > start) scroll.estimate(tall / (end - start));
    scroll.rest(start === 0 && top >= 0, end === layout.total && top + tall <= height + 1);
    Object.assign(this, { top, start, end });
    this.list.style.transform = `translateY(${scroll.seenTop + top}px)`;
    if (wrap && (anchor.at <= -HEIGHT || anchor.at >= height)) this.hold();
  }

  // Wrapped rows are measured now: the one at the upper edge takes over from an anchor out of sight.
  hold() {
    const { item, at } = this.edge() ?? {};
    if (item) this.scroll.anchor = { key: item.key, at };
  }

  place(item, after) {
    const row = item.line ? this.store.get(item.line) : null;
    let element = this.drawn.get(item.key);
    if (!element || (item.line && !element.ready && row)) {
      const fresh = item.line ? this.line(item.line, row) : head(item.fold);
      Object.assign(fresh, { key: item.key, ready: !item.line || Boolean(row) });
      if (element) element.replaceWith(fresh);
      else this.list.insertBefore(fresh, after);
      this.drawn.set(item.key, element = fresh);
    }
    if (item.line) this.dress(element, item.line);
    else head(item.fold, element);
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

  // Puts a row `at` px below the edge, or in the middle; without a move where it is in sight already.
  show(key, at = null) {
    const top = this.topOf(this.layout.total && this.layout.at(this.layout.row(key)).key);
    if (at === null && top >= HEIGHT && top + HEIGHT <= this.scroll.height) return;
    this.scroll.to(key, at ?? Math.floor(this.scroll.height / 2));
    this.draw();
  }

  // px of a row that is drawn below the upper edge; NaN for others.
  topOf(key) {
    const element = this.drawn.get(key);
    return element && !element.matches(".pinned") ? this.top + element.offsetTop : NaN;
  }

  // What happens next leaves this row where it is.
  keep(key) {
    const at = this.topOf(key);
    if (at === at) this.scroll.to(key, at);
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
    const passed = key => this.topOf(key) + this.drawn.get(key)?.offsetHeight <= 0;
    while (this.options.wrap && row + 1 < this.end && passed(this.layout.at(row).key)) row += 1;
    if (!(row < Math.min(this.end, this.layout.total))) return null;
    const item = this.layout.at(row);
    return { item, at: this.options.wrap ? this.topOf(item.key) : this.top + (row - this.start) * HEIGHT };
  }
}
