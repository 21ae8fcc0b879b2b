import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Store } from "../../../dashboard/static/js/log/store.js";

const row = line => [line, 1000 + line, 1, `line ${line}`, false];
const rows = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => row(from + at));

let asked, answers, told, changed;

// What the server answers next: {lines, last, complete}, {status, detail}, or an Error for no answer at all.
function next(...more) { answers.push(...more); }

beforeEach(() => {
  Object.assign(globalThis, { fetch: url => {
    asked.push(url);
    const answer = answers.shift() ?? { lines: [], last: 0, complete: false };
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve({ ok: !answer.status, status: answer.status ?? 200, json: async () => {
      if (answer.broken) throw new SyntaxError("no JSON");
      return answer;
    } });
  } });
  [asked, answers, told, changed] = [[], [], [], 0];
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

const made = (last = 5000) => new Store("/logs/1", last, { changed: () => { changed += 1; }, told: text => told.push(text) });
const settled = () => new Promise(resolve => setImmediate(resolve));

test("lines are where they were put, whatever their order, and a gap stays a gap", () => {
  const store = made(0);
  store.add(rows(4, 5));
  store.add(rows(1, 2));
  assert.deepEqual([1, 2, 3, 4, 5].map(line => store.get(line)?.[3]), ["line 1", "line 2", undefined, "line 4", "line 5"]);
  assert.equal(store.last, 5);
});

test("a line that comes twice is there once, and the last line does not go back", () => {
  const store = made(0);
  store.add(rows(1, 10));
  store.add(rows(3, 4));
  assert.equal(store.last, 10);
  assert.deepEqual(store.get(3), row(3));
  store.add([]);
  assert.equal(store.last, 10);
});

test("a continued line keeps its mark", () => {
  const store = made(0);
  store.add([[1, 1, 1, "begin", false], [2, 1, 1, "end", true]]);
  assert.deepEqual([store.get(1)[4], store.get(2)[4]], [false, true]);
});

test("the log began with its first line, not with the first that came", () => {
  const store = made(0);
  store.add(rows(2, 3));
  assert.equal(store.began, undefined);
  store.add(rows(1, 1));
  assert.equal(store.began, 1001);
});

test("rows over the edge of a window land in both", () => {
  const store = made(0);
  store.add(rows(499, 502));
  assert.deepEqual([499, 500, 501, 502].map(line => store.get(line)[0]), [499, 500, 501, 502]);
  assert.deepEqual([...store.windows.keys()], [0, 1]);
});

test("missing lines are asked for by windows of 500, each once, and two at a time", () => {
  const store = made();
  store.want([499, 500, 501, 1700]);
  store.want([1, 501]);
  assert.deepEqual(asked, ["/logs/1/lines?from=1&count=500", "/logs/1/lines?from=501&count=500"]);
});

test("a window that came makes room for the next", async () => {
  const store = made();
  next({ lines: rows(1, 500), last: 6000, complete: true });
  store.want([1]);
  await settled();
  assert.deepEqual([store.last, store.complete, store.get(500)[0], changed], [6000, true, 500, 0]);
  mock.timers.tick(0);
  assert.equal(changed, 1);
  store.want([501]);
  assert.equal(asked.length, 2);
});

test("complete stays so, and the last line known does not shrink", async () => {
  const store = made(5000);
  next({ lines: rows(1, 2), last: 10, complete: true }, { lines: rows(1, 2), last: 20, complete: false });
  await store.load(1);
  await store.load(1, 7);
  assert.deepEqual([store.complete, store.last, asked[1]], [true, 5000, "/logs/1/lines?from=1&count=7"]);
});

test("lines that are not stored yet are asked for again half a second later", async () => {
  const store = made();
  store.want([1]);
  await settled();
  mock.timers.tick(499);
  store.want([1]);
  assert.deepEqual([asked.length, changed], [1, 0]);
  mock.timers.tick(1);
  store.want([1]);
  assert.deepEqual([asked.length, changed], [2, 1]);
});

test("tries are further and further apart, up to 15 s, and the first success ends the trouble", async () => {
  const store = made();
  const waits = [];
  for (let number = 0; number < 8; number += 1) {
    next({ status: 503, detail: "the store is away" });
    store.want([1]);
    await settled();
    let waited = 0;
    for (const before = changed; changed === before; waited += 500) mock.timers.tick(500);
    waits.push(waited / 1000);
  }
  assert.deepEqual(waits, [0.5, 1, 2, 4, 8, 15, 15, 15]);
  assert.deepEqual([told[0], told[7]], ["the store is away; again in 1 s", "the store is away; again in 15 s"]);
  next({ lines: rows(1, 1), last: 1 }, new Error("refused"));
  store.want([1]);
  await settled();
  assert.equal(told.at(-1), "");
  mock.timers.tick(0);
  store.want([1]);
  await settled();
  assert.equal(told.at(-1), "Continuum does not answer; again in 1 s");
});

test("an answer that says nothing of its cause is named by its status", async () => {
  const store = made();
  next({ status: 502, broken: true });
  await assert.rejects(store.load(1), { message: "the lines do not come: 502" });
});

test("80 windows are kept, and the one looked at longest ago goes first", () => {
  const store = made(0);
  for (let window = 0; window < 80; window += 1) store.add(rows(window * 500 + 1, window * 500 + 1));
  store.get(1);
  store.add(rows(80 * 500 + 1, 80 * 500 + 1));
  assert.equal(store.windows.size, 80);
  assert.notEqual(store.get(1), undefined);
  assert.equal(store.get(501), undefined);
});

test("a search names its text, and its step where there is one", async () => {
  const store = made();
  next({ numbers: [3], truncated: false }, { numbers: [] }, { ranges: [[1, 2]] });
  assert.deepEqual((await store.find("a b&c", 0)).numbers, [3]);
  await store.find("x", 7);
  assert.deepEqual((await store.ranges(7)).ranges, [[1, 2]]);
  assert.deepEqual(asked, ["/logs/1/lines?find=a+b%26c", "/logs/1/lines?find=x&step=7", "/logs/1/lines?step=7"]);
});
