// The lines of one log, in windows of 500 fetched as they are looked at; the 80 last used are kept.
const SIZE = 500;              // a page's first look at a log is one window: some 6 kB, and not 12
const KEPT = 80;
const AT_ONCE = 2;             // windows on their way; a quick scroll then asks for where it ends, not for all it passed
const AGAIN = [0.5, 1, 2, 4, 8, 15];      // seconds between tries

const windowOf = line => Math.floor((line - 1) / SIZE);

export class Store {
  // `on` has changed() for lines that came in, and told(text) for what keeps them away, "" once they come again.
  constructor(base, last, on) {
    Object.assign(this, { base, last, on, first: 1, began: undefined, complete: false, failures: 0 });
    this.windows = new Map();      // number of the window -> array of rows, by place in the window
    this.asked = new Set();
  }

  // The row [number, at, step, text, continues] of a line; undefined while it is not here.
  get(line) {
    const number = windowOf(line), rows = this.windows.get(number);
    if (rows) { this.windows.delete(number); this.windows.set(number, rows); }
    return rows?.[(line - 1) % SIZE];
  }

  // These lines are looked at and are not here.
  want(lines) {
    for (const number of new Set(lines.map(windowOf))) {
      if (this.asked.size < AT_ONCE && !this.asked.has(number)) this.ask(number);
    }
  }

  // Adds rows; their numbers follow one another, and may be known already.
  add(rows) {
    for (const row of rows) this.window(windowOf(row[0]))[(row[0] - 1) % SIZE] = row;
    if (rows.length) this.last = Math.max(this.last, rows[rows.length - 1][0]);
    if (rows[0]?.[0] === 1) this.began = rows[0][1];
  }

  async load(from, count = SIZE) {
    const page = await answer(`${this.base}/lines?from=${from}&count=${count}`);
    this.last = Math.max(this.last, page.last);
    this.complete ||= page.complete;
    this.add(page.lines);
    return page;
  }

  // {numbers, truncated} of the lines with that text, of one step where it is named.
  find(text, step) {
    return answer(`${this.base}/lines?${new URLSearchParams({ find: text, ...(step && { step }) })}`);
  }

  // {ranges, truncated}: the lines of a step, as [first, last] of each stretch.
  ranges(step) {
    return answer(`${this.base}/lines?step=${step}`);
  }

  async ask(number) {
    this.asked.add(number);
    let pause = 0;
    try {
      const page = await this.load(number * SIZE + 1);
      if (this.failures) this.on.told("");
      this.failures = 0;
      if (!page.lines.length) pause = AGAIN[0];      // printed, and stored in a moment
    } catch (problem) {
      pause = AGAIN[Math.min(this.failures, AGAIN.length - 1)];
      this.failures += 1;
      this.on.told(`${problem.message}; again in ${Math.ceil(pause)} s`);
    }
    setTimeout(() => { this.asked.delete(number); this.on.changed(); }, pause * 1000);
  }

  window(number) {
    let rows = this.windows.get(number);
    if (!rows) {
      this.windows.set(number, rows = []);
      if (this.windows.size > KEPT) this.windows.delete(this.windows.keys().next().value);
    }
    return rows;
  }
}

async function answer(url) {
  const found = await fetch(url).catch(() => { throw new Error("Continuum does not answer"); });
  const body = await found.json().catch(() => ({}));
  if (!found.ok) throw new Error(body.detail ?? `the lines do not come: ${found.status}`);
  return body;
}
