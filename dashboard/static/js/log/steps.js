// The steps of a job as folds: what succeeded is closed, what failed or runs is open, and what is open stays open.
import { worstOf } from "../states.js";
import { head, make } from "./heads.js";

const GATHER = 1000;      // ms between looks at the job while lines come
const LONGEST = 30_000;   // ms between tries while it does not come

export class Steps {
  constructor(base, rows) {
    Object.assign(this, { base, rows, pause: GATHER, steps: [], choices: new Map(), folds: [] });
    this.strip = Object.assign(document.createElement("div"), { className: "log-step", hidden: true });
    this.top = make("div");
    this.top.firstElementChild.tabIndex = 0;
    this.strip.append(this.top);
    rows.body.prepend(this.strip);
  }

  // Until it comes: nothing asks again after the last line.
  async load() {
    const answer = await fetch(this.base).catch(() => null), job = answer?.ok ? await answer.json().catch(() => null) : null;
    if (job) { this.pause = GATHER; this.take(job.steps); return; }
    this.pause = Math.min(2 * this.pause, LONGEST);
    if (!answer || answer.ok || answer.status === 429 || answer.status >= 500) this.loadSoon();
  }

  loadSoon() {
    this.timer ??= setTimeout(() => { this.timer = null; this.load(); }, this.pause);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;      // set, so that no other begins
  }

  take(steps) {
    const known = new Map(this.steps.map(step => [step.number, step]));
    this.steps = steps.map(step => ({ ...step, ...reach(step, known.get(step.number)) }));
    for (const step of steps) if (step.state === "running") this.choices.set(step.number, true);
    this.fold();
  }

  // Lines say how far a step has come before its job does; and what came before somebody's eyes stays open.
  arrived(rows) {
    for (const [line, , number] of rows) {
      if (!this.choices.has(number)) this.choices.set(number, true);
      const step = this.steps[number - 1];
      if (step) Object.assign(step, reach(step, { first_line: line, last_line: line }));
    }
    this.fold();
    this.loadSoon();
  }

  fold() {
    const begun = this.steps.filter(step => step.first_line).sort((a, b) => a.first_line - b.first_line);
    this.folds = grouped(begun).map(steps => this.folded(steps));
    this.rows.changed();
  }

  folded(steps) {
    const chosen = steps.map(step => this.choices.get(step.number)).find(choice => choice !== undefined);
    const state = worstOf(steps.map(step => step.state));
    const open = chosen ?? state !== "success";
    const [first, last] = [steps[0].first_line, Math.max(...steps.map(step => step.last_line))];
    const name = steps.length === 1 ? `step ${steps[0].number}/${this.steps.length} ${steps[0].name}` : `${steps.length} steps of ${this.steps.length} side by side`;
    return { first, last, open, steps, state, text: `${open ? "▾" : "▸"} ${name}`, took: took(steps) };
  }

  set(fold, open) {
    for (const step of fold.steps) this.choices.set(step.number, open);
    this.fold();
  }

  toggle(first) {
    const fold = this.folds.find(fold => fold.first === first);
    if (fold) this.set(fold, !fold.open);
  }

  // Opens the fold that holds the line.
  reveal(line) {
    const fold = this.folds.find(fold => fold.first <= line && line <= fold.last);
    if (fold && !fold.open) this.set(fold, true);
  }

  // The fold at the upper edge, its head at the top while its lines pass.
  stick(edge) {
    const fold = edge?.item.fold;
    this.strip.hidden = !fold || (!edge.item.line && edge.at >= 0);
    if (!this.strip.hidden) head(fold, this.top);
  }

  // The step after or before the one at the edge.
  jump(by) {
    const here = Math.abs(this.rows.edge()?.item.key ?? 1);
    const before = this.folds.filter(fold => fold.first < here), after = this.folds.filter(fold => fold.first > here);
    const inside = this.rows.edge()?.item.line ? before.at(-1) : null;
    this.go(by > 0 ? after[0] : inside ?? before.at(-1));
  }

  failed() {
    const fold = this.folds.find(fold => fold.state === "failure") ?? this.folds.find(fold => fold.state === "error");
    if (!fold) return;
    this.set(fold, true);
    this.go(fold);
  }

  go(fold) {
    if (fold) this.rows.show(-fold.first, 0);
  }
}

// From the first to the last line that either knows of; both are null while neither knows any.
function reach(step, known) {
  const lines = [step, known].flatMap(one => one?.first_line ? [one.first_line, one.last_line] : []);
  return lines.length ? { first_line: Math.min(...lines), last_line: Math.max(...lines) } : {};
}

// Steps whose lines are mixed belong together.
function grouped(steps) {
  const groups = [];
  let end = 0;
  for (const step of steps) {
    if (step.first_line <= end) groups.at(-1).push(step);
    else groups.push([step]);
    end = Math.max(end, step.last_line);
  }
  return groups;
}

function took(steps) {
  const ended = steps.every(step => step.ended);
  if (!ended) return "";
  const seconds = (Math.max(...steps.map(step => step.ended)) - Math.min(...steps.map(step => step.started))) / 1000;
  const whole = Math.round(seconds);
  return whole < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
