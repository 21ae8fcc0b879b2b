// One log on a page: its rows, its stream, and the bar above them.
import { isOver } from "../states.js";
import { bindKeys } from "./keys.js";
import { Copy } from "./copy.js";
import { Layout } from "./layout.js";
import { Rows } from "./rows.js";
import { Search } from "./search.js";
import { Steps } from "./steps.js";
import { Store } from "./store.js";
import { Stream } from "./stream.js";
import { bindTools } from "./tools.js";

const ABOVE = 200;      // px above a line that a link leads to: as the server's own page shows it

export class Viewer {
  constructor(section) {
    this.section = section;
    this.body = section.querySelector(".log-body");
    this.more = section.querySelector(".log-more");
    this.panel = section.classList.contains("panel");
    this.following = false;
    this.unseen = 0;
    this.troubles = { store: "", stream: "", copy: "" };
    this.options = { find: "", time: "", wrap: false, marked: marked(section.dataset.line), link: line => `${section.dataset.page}?line=${line}`,
      moment: at => this.moment(at), painted: () => this.steps.stick(this.rows.edge()) };
    this.steps = { folds: [], stick() {}, stop() {}, load() {}, arrived() {}, reveal() {}, toggle() {}, jump() {}, failed() {} };
    this.search = { ranges: null, set() {}, focus() {}, next() {}, arrived() {} };
    this.start();
  }

  start() {
    const { log, last, state, steps, complete } = this.section.dataset;
    this.make(new Store(log, Number(last), { changed: () => this.rows.changed(), told: text => this.tell("store", text) }));
    this.steps = new Steps(log, this.rows);
    this.search = new Search(this.section, this.store, this.rows, this.options, { filtered: () => this.rows.changed(), show: line => this.show(line) });
    this.steps.take(JSON.parse(steps));
    if (this.options.marked) this.arrive(this.options.marked[0]);
    else if (!isOver(state)) this.follow(true);
    else if (this.panel) this.rows.toEnd();
    if (complete === undefined) this.listen();
    else this.store.complete = true;
    this.section.dataset.ready = "";
  }

  arrive(line) {
    this.steps.reveal(line);
    this.rows.show(line, ABOVE);
  }

  make(store) {
    this.store = store;
    this.rows = new Rows(this.body, store, this.options, () => new Layout(store.first, store.last, this.steps.folds, this.search.ranges));
    this.copy = new Copy(this.rows, text => this.tell("copy", text));
    bindTools(this);
    bindKeys(this);
  }

  listen() {
    this.stream = new Stream(`${this.section.dataset.log}/stream`, () => this.store.last, {
      lines: rows => this.arrived(rows),
      told: text => this.tell("stream", text),
      end: job => { this.store.complete = true; this.follow(false); this.steps.load(); this.say(`${this.body.ariaLabel}: ${job.state}`); },
    });
  }

  arrived(rows) {
    const before = this.store.last;
    this.store.add(rows);
    this.search.arrived(rows);
    this.body.querySelector(".log-empty")?.remove();
    this.steps.arrived(rows);
    this.rows.changed();
    if (this.following) this.rows.toEnd();
    else this.tellUnseen(this.store.last - before);
  }

  tellUnseen(count) {
    this.unseen += count;
    this.more.hidden = this.unseen === 0;
    this.more.firstElementChild.textContent = `${this.unseen.toLocaleString("en")} new line${this.unseen === 1 ? "" : "s"} ↓`;
  }

  follow(on) {
    this.following = on;
    this.section.querySelector("[data-toggle=follow]").setAttribute("aria-pressed", on);
    if (!on) return;
    this.unseen = 0;
    this.more.hidden = true;
    this.rows.toEnd();
  }

  // A hit of the search, where it is: a closed step opens.
  show(line) {
    this.options.here = line;
    this.leave();
    this.steps.reveal(line);
    this.rows.show(line);
    this.rows.draw();
  }

  // Marks a line, or those from one to another.
  mark(first, last = first) {
    this.options.marked = [Math.min(first, last), Math.max(first, last)];
    this.options.here = 0;
    this.rows.draw();
    this.marked();
  }

  // What keeps the log from being whole, in the bar, until it is over.
  tell(who, text) {
    this.troubles[who] = text;
    const all = Object.values(this.troubles).filter(Boolean).join("; ");
    const place = this.section.querySelector(".log-trouble");
    if (place.textContent !== all) place.textContent = all;
  }

  // For who does not see it.
  say(text) { this.section.querySelector(".log-bar .said").textContent = text; }

  moment(at) {
    if (this.options.time === "clock") return new Date(at).toISOString().slice(11, 23);
    return this.store.began === undefined ? "" : `+${((at - this.store.began) / 1000).toFixed(3)}`;
  }

  stop() {
    this.stream?.stop();
    this.copy.stop();
    this.steps.stop();
    this.stopKeys();
  }
}

function marked(text) {
  const [first, last] = (text ?? "").split("-").map(Number);
  return first ? [first, last || first] : null;
}
