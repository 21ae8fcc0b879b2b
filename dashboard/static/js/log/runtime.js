// The runtime log of a deployment: the same rows over what the container prints.
import { Stream } from "./stream.js";
import { Viewer } from "./viewer.js";

const KEPT = 40_000;      // lines; older ones go, since a container may print for weeks

class Tail {
  constructor() { Object.assign(this, { rows: new Map(), first: 1, last: 0, complete: false, began: undefined }); }
  get(line) { return this.rows.get(line); }
  want() { /* all there is has come */ }
  add(rows) {
    for (const [, ...rest] of rows) {
      this.last += 1;
      this.rows.set(this.last, [this.last, ...rest]);
      this.rows.delete(this.last - KEPT);
    }
    this.first = Math.max(1, this.last - KEPT + 1);
    this.began ??= rows[0]?.[1];
  }
}

export class RuntimeViewer extends Viewer {
  start() {
    this.options.link = line => `#${line}`;
    this.make(new Tail());
    this.follow(true);
    let seen = "0";
    this.stream = new Stream(this.section.dataset.runtime, () => seen, {
      lines: (rows, stamp) => { seen = stamp || seen; this.arrived(rows); },
      told: text => this.tell("stream", text),
      end: () => { this.store.complete = true; this.follow(false); },
    });
  }
}
