// Where a log is scrolled to. What stays in place is a row, not a pixel: `anchor` says which row's top stands how many px
// below the upper edge. A scroll moves it by its px; one that goes far, as by the scroll bar's thumb, puts it at its share
// of the whole. The scroller's own position is only an estimate of that, and is set right while nobody scrolls.
export const HEIGHT = 20;              // px of a row without wrap
const TALLEST = 15_000_000;            // px; browsers end below 18 million, above it the scroller is scaled
const FAR = 1.2;                       // heights of the body
const COARSE = 0.25;                   // share by which wrapped rows may be taller than thought

export class Scroller {
  // `options.wrap` says whether rows differ in height; `moved()` is told of a scroll, and of a new size.
  constructor(body, options, moved) {
    Object.assign(this, { body, options, moved, tall: HEIGHT, anchor: { key: 1, at: 0 }, seenTop: 0, loose: true });
    this.space = Object.assign(document.createElement("div"), { className: "log-space" });
    body.append(this.space);
    body.addEventListener("scroll", () => this.scrolled(), { passive: true });
    body.addEventListener("scrollend", () => { this.moving = false; this.loose = true; moved(); });
    new ResizeObserver(moved).observe(body);
  }

  get height() { return this.body.clientHeight; }
  get whole() { return this.layout.total * this.tall; }
  get room() { return Math.max(0, Math.min(this.whole, TALLEST) - this.height); }
  get scale() { return this.room ? (this.whole - this.height) / this.room : 1; }

  // The order changed: what is anchored stays.
  order(layout) {
    this.layout = layout;
    this.loose = true;
  }

  to(key, at) {
    this.anchor = { key, at };
    this.moving = false;
    this.loose = true;
  }

  scrolled() {
    const by = this.body.scrollTop - this.seenTop;
    if (!by) return;
    this.seenTop = this.body.scrollTop;
    this.moving = "onscrollend" in window;
    if (Math.abs(by) > this.height * FAR) this.jump();
    else this.anchor = this.normal(this.anchor.key, this.anchor.at - by);
    this.moved();
  }

  jump() {
    const y = this.seenTop * this.scale, row = Math.min(this.layout.total - 1, Math.floor(y / this.tall));
    if (row >= 0) this.anchor = { key: this.layout.at(row).key, at: Math.round(row * this.tall - y) };
  }

  // Without wrap every row is as tall: the row at the edge is known before it is drawn.
  normal(key, at) {
    if (this.options.wrap || !this.layout.total) return { key, at };
    const row = this.layout.row(key), edge = Math.max(0, Math.min(this.layout.total - 1, row - Math.floor(at / HEIGHT)));
    return { key: this.layout.at(edge).key, at: at + (edge - row) * HEIGHT };
  }

  // The scroller is as tall as all rows would be. What the browser moves at that is nobody's scroll.
  stretch() {
    const height = `${Math.min(this.whole, TALLEST)}px`;
    if (this.space.style.height === height) return;
    this.space.style.height = height;
    this.seenTop = this.body.scrollTop;
    this.loose = true;
  }

  // Wrapped rows were measured; not every line that is longer makes the thumb tremble.
  estimate(tall) {
    if (!this.loose || Math.abs(tall / this.tall - 1) < COARSE) return;
    this.tall = tall;
    this.stretch();
  }

  // Rows were drawn, the anchor at its place; `top` and `bottom`: that end of the log is in sight.
  rest(top, bottom) {
    const y = this.layout.row(this.anchor.key) * this.tall - this.anchor.at;
    const ideal = top ? 0 : bottom ? this.room : Math.min(this.room - 1, Math.max(1, y / this.scale));
    const stuck = (this.seenTop <= 0) !== top || (this.seenTop >= this.room - 1) !== bottom;
    if (((this.loose && !this.moving) || stuck) && Math.abs(ideal - this.seenTop) > 1) this.body.scrollTop = ideal;
    this.loose = false;
    this.seenTop = this.body.scrollTop;
  }
}
