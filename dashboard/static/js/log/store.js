// The lines of one log, in windows of 1,000 fetched as they are looked at; the 40 last used are kept.
const SIZE = 1000;
const KEPT = 40;

export class Store {
  // `changed()` is told when lines came in.
  constructor(base, changed) {
    this.base = base;
    this.changed = changed;
    this.windows = new Map();      // number of the window -> array of rows, by place in the window
    this.asked = new Set();
    this.last = 0;
    this.complete = false;
  }

  // The row [number, at, step, text, continues] of a line; undefined while it is on its way.
  get(line) {
    const number = Math.floor((line - 1) / SIZE);
    const rows = this.windows.get(number);
    const row = rows?.[(line - 1) % SIZE];
    if (row === undefined && line <= this.last) this.ask(number);
    if (rows) { this.windows.delete(number); this.windows.set(number, rows); }
    return row;
  }

  // Adds rows; their numbers follow one another, and may be known already.
  add(rows) {
    for (const row of rows) this.window(Math.floor((row[0] - 1) / SIZE))[(row[0] - 1) % SIZE] = row;
    if (rows.length) this.last = Math.max(this.last, rows[rows.length - 1][0]);
  }

  async load(from, count = SIZE) {
    const answer = await fetch(`${this.base}/lines?from=${from}&count=${count}`);
    if (!answer.ok) throw new Error(`the lines did not come: ${answer.status}`);
    const page = await answer.json();
    this.last = Math.max(this.last, page.last);
    this.complete ||= page.complete;
    this.add(page.lines);
    return page;
  }

  async find(text) {
    const answer = await fetch(`${this.base}/lines?find=${encodeURIComponent(text)}`);
    if (!answer.ok) throw new Error((await answer.json()).detail);
    return answer.json();
  }

  async ask(number) {
    if (this.asked.has(number)) return;
    this.asked.add(number);
    try {
      await this.load(number * SIZE + 1);
      this.changed();
    } finally {
      setTimeout(() => this.asked.delete(number), 500);
    }
  }

  window(number) {
    let rows = this.windows.get(number);
    if (!rows) {
      rows = [];
      this.windows.set(number, rows);
      if (this.windows.size > KEPT) this.windows.delete(this.windows.keys().next().value);
    }
    return rows;
  }
}
