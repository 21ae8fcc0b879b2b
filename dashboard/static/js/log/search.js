// Search over all stored lines, by the server; the browser's own search misses lines that are not drawn.
const PAUSE = 200;      // ms after the last key

export class Search {
  constructor(section, store, rows, options) {
    this.form = section.querySelector(".log-find");
    this.input = this.form.elements.find;
    this.output = this.form.querySelector(".hits");
    Object.assign(this, { store, rows, options, numbers: [], at: -1 });
    let timer = 0;
    this.input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => this.run(), PAUSE); });
    this.form.addEventListener("submit", event => { event.preventDefault(); this.step(1); });
    this.input.addEventListener("keydown", event => {
      if (event.key === "Escape") { this.input.value = ""; this.run(); section.querySelector(".log-body").focus(); }
      if (event.key === "Enter" && event.shiftKey) { event.preventDefault(); this.step(-1); }
    });
    for (const [name, by] of [["prev", -1], ["next", 1]]) {
      const button = this.form.querySelector(`.${name}`);
      button.hidden = false;
      button.addEventListener("click", () => this.step(by));
    }
    if (this.input.value) this.run();
  }

  // The first Ctrl+F is ours, a second one, inside the field, is the browser's.
  focus(event) {
    event?.preventDefault();
    this.input.focus();
    this.input.select();
  }

  async run() {
    const text = this.input.value;
    this.options.find = text;
    let found = { numbers: [], truncated: false };
    try {
      if (text) found = await this.store.find(text);
      this.problem = "";
    } catch (problem) {
      this.problem = problem.message;
    }
    if (text !== this.input.value) return;
    Object.assign(this, { numbers: found.numbers, truncated: found.truncated, at: -1 });
    this.options.hits = new Set(this.numbers);
    this.rows.redraw();
    if (this.numbers.length) this.step(1);
    this.tell();
  }

  step(by) {
    if (!this.numbers.length) return;
    this.at = (this.at + by + this.numbers.length) % this.numbers.length;
    const line = this.numbers[this.at];
    this.options.marked = [line, line];
    this.rows.redraw();
    this.rows.show(line);
    this.tell();
  }

  tell() {
    const total = `${this.numbers.length}${this.truncated ? "+" : ""}`;
    this.output.textContent = this.problem || (!this.input.value ? "" : this.numbers.length ? `${this.at + 1} of ${total}` : "nothing");
  }
}
