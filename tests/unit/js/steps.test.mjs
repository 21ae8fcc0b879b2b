import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Element } from "./fake.mjs";

const { Steps } = await import("../../../dashboard/static/js/log/steps.js");

const step = (number, state, first_line = null, last_line = first_line, more = {}) =>
  ({ number, name: `step ${number}`, state, first_line, last_line, started: 0, ended: state === "running" ? null : 1000, ...more });

let edge, shown, changed, answers, asked;

const made = () => new Steps("/jobs/1", { body: new Element(), changed: () => { changed += 1; }, edge: () => edge,
  show: (key, at) => shown.push([key, at]) });
const spans = steps => steps.folds.map(({ first, last, open }) => [first, last, open]);
const settled = () => new Promise(resolve => setImmediate(resolve));

beforeEach(() => {
  [edge, shown, changed, answers, asked] = [null, [], 0, [], 0];
  globalThis.fetch = () => {
    asked += 1;
    const answer = answers.shift() ?? new TypeError("no network");
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve({ ok: !answer.status, status: answer.status ?? 200, json: async () => answer });
  };
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

test("what succeeded is closed, what failed or runs is open, what has no lines is left out", () => {
  const steps = made();
  steps.take([step(1, "success", 1, 4), step(2, "failure", 5, 6), step(3, "running", 7, 9), step(4, "pending")]);
  assert.deepEqual(spans(steps), [[1, 4, false], [5, 6, true], [7, 9, true]]);
  assert.deepEqual(steps.folds.map(fold => fold.text), ["▸ step 1/4 step 1", "▾ step 2/4 step 2", "▾ step 3/4 step 3"]);
});

test("a step that ended before somebody's eyes stays open", () => {
  const steps = made();
  steps.take([step(1, "running", 1, 2)]);
  steps.take([step(1, "success", 1, 3)]);
  assert.deepEqual(spans(steps), [[1, 3, true]]);
});

test("a step whose lines just came stays open, unless it was closed by hand", () => {
  const steps = made();
  steps.take([step(1, "success", 1, 2), step(2, "pending")]);
  steps.set(steps.folds[0], false);
  steps.arrived([[3, 0, 1, "more"], [4, 0, 2, "new"]]);
  assert.deepEqual(spans(steps), [[1, 3, false], [4, 4, true]]);
});

test("what was opened and closed by hand stays so", () => {
  const steps = made();
  steps.take([step(1, "success", 1, 2), step(2, "failure", 3, 4)]);
  steps.toggle(1);
  steps.toggle(3);
  steps.toggle(99);
  steps.take([step(1, "success", 1, 2), step(2, "failure", 3, 4)]);
  assert.deepEqual(spans(steps), [[1, 2, true], [3, 4, false]]);
  steps.toggle(1);
  assert.deepEqual(spans(steps)[0], [1, 2, false]);
});

test("lines know how far a step is before the job does, and the job does not take them back", () => {
  const steps = made();
  steps.take([step(1, "running", 1, 2)]);
  steps.arrived([[3, 0, 1, ""], [4, 0, 1, ""], [5, 0, 8, "of a step that is not known yet"]]);
  assert.deepEqual(spans(steps), [[1, 4, true]]);
  steps.take([step(1, "running", 1, 2), step(2, "running")]);
  assert.deepEqual(spans(steps), [[1, 4, true]]);
});

test("steps are in the order of their lines", () => {
  const steps = made();
  steps.take([step(1, "success", 10, 12), step(2, "success", 1, 9)]);
  assert.deepEqual(spans(steps).map(([first]) => first), [1, 10]);
});

test("steps whose lines are mixed are one fold, in the worst state of theirs", () => {
  const steps = made();
  steps.take([step(1, "success", 1, 10), step(2, "failure", 2, 4), step(3, "success", 9, 12), step(4, "success", 13, 14)]);
  assert.deepEqual(spans(steps), [[1, 12, true], [13, 14, false]]);
  assert.equal(steps.folds[0].state, "failure");
  assert.equal(steps.folds[0].text, "▾ 3 steps of 4 side by side");
});

test("the time of a fold is from its first beginning to its last end, and empty while one runs", () => {
  const steps = made();
  const times = (started, ended) => ({ started, ended });
  steps.take([step(1, "success", 1, 3, times(1000, 3500)), step(2, "success", 2, 4, times(0, 2000)), step(3, "success", 5, 5, times(0, 59_440)),
    step(4, "success", 6, 6, times(0, 125_400)), step(5, "running", 7, 7)]);
  assert.deepEqual(steps.folds.map(fold => fold.took), ["3.5 s", "59.4 s", "2 min 5 s", ""]);
});

test("a time is rounded before it is split: no 60 seconds beside a minute", () => {
  const took = ended => { const steps = made(); steps.take([step(1, "success", 1, 1, { started: 0, ended })]); return steps.folds[0].took; };
  assert.deepEqual([59_400, 59_600, 60_000, 119_400, 119_600].map(took), ["59.4 s", "1 min 0 s", "1 min 0 s", "1 min 59 s", "2 min 0 s"]);
});

test("a line's fold opens for it", () => {
  const steps = made();
  steps.take([step(1, "success", 1, 4), step(2, "success", 5, 6)]);
  changed = 0;
  steps.reveal(5);
  steps.reveal(6);
  steps.reveal(77);
  assert.deepEqual([spans(steps), changed], [[[1, 4, false], [5, 6, true]], 1]);
});

test("a jump goes to the next step, to the head of this one, and to the one before", () => {
  const steps = made();
  steps.take([step(1, "failure", 1, 4), step(2, "failure", 5, 8), step(3, "failure", 9, 12)]);
  edge = { item: { key: 6, line: 6 }, at: 0 };
  steps.jump(1);
  steps.jump(-1);
  edge = { item: { key: -5, line: 0 }, at: 0 };
  steps.jump(-1);
  assert.deepEqual(shown, [[-9, 0], [-5, 0], [-1, 0]]);
});

test("a jump past the last step or before the first goes nowhere", () => {
  const steps = made();
  steps.take([step(1, "failure", 1, 4)]);
  edge = { item: { key: 4, line: 4 }, at: 0 };
  steps.jump(1);
  edge = { item: { key: -1, line: 0 }, at: 0 };
  steps.jump(-1);
  edge = null;
  steps.jump(-1);
  assert.deepEqual(shown, []);
});

test("the failed step is found, one that ended by an error otherwise, and opened", () => {
  const steps = made();
  steps.take([step(1, "error", 1, 2), step(2, "failure", 3, 4), step(3, "success", 5, 6)]);
  steps.toggle(3);
  steps.failed();
  assert.deepEqual([shown, spans(steps)[1]], [[[-3, 0]], [3, 4, true]]);
  steps.take([step(1, "error", 1, 2), step(2, "success", 3, 4)]);
  steps.failed();
  steps.take([step(1, "success", 1, 2)]);
  steps.failed();
  assert.deepEqual(shown, [[-3, 0], [-1, 0]]);
});

test("the head of the step at the edge stays in sight while its lines pass", () => {
  const steps = made();
  steps.take([step(1, "failure", 1, 4)]);
  const fold = steps.folds[0], hiddenAt = (line, at, of = fold) => { steps.stick({ item: { line, fold: of }, at }); return steps.strip.hidden; };
  assert.deepEqual([hiddenAt(0, 0), hiddenAt(0, -1), hiddenAt(2, 0), hiddenAt(2, 0, null)], [true, false, false, true]);
  steps.stick(null);
  assert.equal(steps.strip.hidden, true);
  assert.match(steps.top.textContent, /step 1\/1/);
});

test("the job is asked for once for many lines, and not after the viewer is gone", async () => {
  const steps = made();
  answers.push({ steps: [step(1, "success", 1, 2)] });
  steps.arrived([[1, 0, 1, ""]]);
  steps.arrived([[2, 0, 1, ""]]);
  mock.timers.tick(999);
  assert.equal(asked, 0);
  mock.timers.tick(1);
  await settled();
  assert.deepEqual([asked, spans(steps)], [1, [[1, 2, true]]]);
  steps.loadSoon();
  steps.stop();
  steps.loadSoon();
  mock.timers.tick(60_000);
  assert.equal(asked, 1);
});

test("a job that does not come is asked for after 2, 4, 8 s, up to 30 s", async () => {
  const steps = made(), waits = [];
  steps.load();
  for (const status of [429, 500, 503, 500, 500, 500]) {
    await settled();
    let waited = 0;
    for (const before = asked; asked === before; waited += 1000) mock.timers.tick(1000);
    waits.push(waited / 1000);
    answers.push({ status });
  }
  assert.deepEqual(waits, [2, 4, 8, 16, 30, 30]);
});

test("a job that is gone is not asked for again", async () => {
  const steps = made();
  answers.push({ status: 404 });
  await steps.load();
  mock.timers.tick(60_000);
  assert.equal(asked, 1);
});
