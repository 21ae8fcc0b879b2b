// The runtime log of a deployment: the same rows over what the container prints.
import { Rows } from "./rows.js";
import { Stream } from "./stream.js";
import { Viewer } from "./viewer.js";

class Tail {
  constructor() { Object.assign(this, { rows: [], last: 0, complete: false }); }
  get(line) { return this.rows[line - 1]; }
  add(rows) {
    for (const [, ...rest] of rows) this.rows.push([this.rows.length + 1, ...rest]);
    this.last = this.rows.length;
  }
}

export class RuntimeViewer extends Viewer {
  start() {
    this.store = new Tail();
    this.options.link = line => `#${line}`;
    this.rows = new Rows(this.body, this.store, this.options);
    this.steps = { load() {}, loadSoon() {}, jump() {}, failed() {} };
    this.search = { focus() {}, step() {} };
    this.bindBar();
    this.bindBody();
    this.follow(true);
    let seen = 0;
    this.stream = new Stream(this.section.dataset.runtime, () => seen, {
      lines: (rows, at) => { seen = at || seen; this.arrived(rows); },
      end: () => this.follow(false),
    });
  }
}
