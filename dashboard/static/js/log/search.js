// Search over all stored lines, by the server; the browser's own search misses lines that are not drawn.
// `step:7` shows the lines of that step alone, `step:7 text` finds the text among them.
import { plain } from "./ansi.js";

const PAUSE = 200;        // ms after the last key
const UNSTORED = 5000;    // lines that may have been printed and not stored when the server looked

export class Search {
  // `on` has filtered() for a change of what is shown, and show(line).
  constructor(section, store, rows, options, on) {
    this.form = section.querySelector(".log-find");
    this.input = this.form.elements.find;
    this.output = this.form.querySelector(".hits");
    this.again = Object.assign(document.createElement("button"), { type: "button", className: "small", textContent: "Try again" });
    this.again.addEventListener("click", () => this.run());
    Object.assign(this, { store, rows, options, on, text: "", step: 0, ranges: null, numbers: [], at: -1 });
    let timer = 0;
    this.input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => this.run(), PAUSE); });
    this.form.addEventListener("submit", event => { event.preventDefault(); this.next(1); });
    this.input.addEventListener("keydown", event => {
      if (event.key === "Escape") { this.set(""); rows.body.focus(); }
      if (event.key === "Enter" && event.shiftKey) { event.preventDefault(); this.next(-1); }
    });
    for (const [name, by] of [["prev", -1], ["next", 1]]) {
      const button = this.form.querySelector(`.${name}`);
      button.hidden = false;
      button.addEventListener("click", () => this.next(by));
    }
    if (this.input.value) this.run();
  }

  // The first Ctrl+F is ours, a second one, inside the field, is the browser's.
  focus() {
    this.input.focus();
    this.input.select();
  }

  set(text) {
    this.input.value = text;
    return this.run();
  }

  async run() {
    const wanted = this.input.value, [, step, text] = /^step:(\d{1,9})(?:\s+(.*))?$/.exec(wanted) ?? [null, 0, wanted];
    let found = { numbers: [] }, ranges = null;
    this.problem = "";
    try {
      if (step) ({ ranges } = await this.store.ranges(Number(step)));
      if (text) found = await this.store.find(text, Number(step));
    } catch (problem) {
      this.problem = problem.message;
    }
    if (wanted !== this.input.value) return;
    const filtered = ranges || this.ranges;
    Object.assign(this, { text: text ?? "", step: Number(step), ranges, numbers: found.numbers, truncated: found.truncated, at: -1 });
    Object.assign(this.options, { find: this.text, here: 0 });
    this.options.hits = new Set(this.numbers);
    for (let line = Math.max(1, this.store.last - UNSTORED); line <= this.store.last; line += 1) this.seen(this.store.get(line));
    this.numbers.sort((a, b) => a - b);
    if (filtered) this.on.filtered();
    this.rows.redraw();
    if (this.numbers.length) this.next(1);
    this.tell();
  }

  // A line that was just printed counts, too.
  seen(row) {
    if (!row || this.truncated || (!this.text && !this.ranges)) return;
    const [line, , step, text] = row;
    if (this.ranges && step === this.step) extend(this.ranges, line);
    if (!this.text || this.options.hits.has(line) || (this.step && step !== this.step) || !plain(text).includes(this.text)) return;
    this.numbers.push(line);
    this.options.hits.add(line);
  }

  arrived(rows) {
    const before = this.numbers.length;
    for (const row of rows) this.seen(row);
    if (this.numbers.length !== before) this.tell();
  }

  next(by) {
    if (!this.numbers.length) return;
    this.at = this.at < 0 && by < 0 ? this.numbers.length - 1 : (this.at + by + this.numbers.length) % this.numbers.length;
    this.on.show(this.numbers[this.at]);
    this.tell();
  }

  tell() {
    const total = `${this.numbers.length.toLocaleString("en")}${this.truncated ? "+" : ""}`;
    const found = this.numbers.length ? `${(this.at + 1).toLocaleString("en")} of ${total}` : "nothing";
    this.output.textContent = this.problem || (this.text ? found : this.ranges && !this.ranges.length ? "no such step" : "");
    if (this.problem) this.output.append(" ", this.again);
  }
}

function extend(ranges, line) {
  const end = ranges.at(-1);
  if (end && line <= end[1]) return;
  if (end && line === end[1] + 1) end[1] = line;
  else ranges.push([line, line]);
}
