import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Element } from "./fake.mjs";
import { Search } from "../../../dashboard/static/js/log/search.js";

let answers, asked, shown, filtered, lines, options, input, output, form, buttons, redrawn;

const row = (line, text, step = 1) => [line, 0, step, text, false];
const answer = url => { asked.push(url); const next = answers.shift(); return next instanceof Error ? Promise.reject(next) : Promise.resolve(next); };
const settled = () => new Promise(resolve => setImmediate(resolve));

beforeEach(() => {
  [answers, asked, shown, filtered, lines, options, redrawn] = [[], [], [], 0, new Map(), {}, 0];
  [input, output, form] = [Object.assign(new Element("input"), { value: "", select() {} }), new Element("output"), new Element("form")];
  buttons = { ".prev": new Element("button"), ".next": new Element("button") };
  form.parts = { ".hits": output, ...buttons };
  form.elements = { find: input };
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

function made(last = 0) {
  const section = new Element();
  section.parts = { ".log-find": form };
  const store = { last, get: line => lines.get(line), find: (text, step) => answer(["find", text, step]), ranges: step => answer(["ranges", step]) };
  const rows = { body: new Element(), redraw: () => { redrawn += 1; } };
  return new Search(section, store, rows, options, { filtered: () => { filtered += 1; }, show: line => shown.push(line) });
}

async function searched(text, ...found) {
  const search = made();
  answers.push(...found);
  await search.set(text);
  return search;
}

test("the first hit is shown, and next and previous go around both ends", async () => {
  const search = await searched("a", { numbers: [3, 9, 20], truncated: false });
  assert.deepEqual([asked, output.textContent, options.find], [[["find", "a", 0]], "1 of 3", "a"]);
  assert.equal(redrawn, 1);
  for (const by of [1, 1, 1, -1, -1]) search.next(by);
  assert.deepEqual(shown, [3, 9, 20, 3, 20, 9]);
  assert.equal(output.textContent, "2 of 3");
});

test("hits are visited in the order of the log", async () => {
  const search = await searched("a", { numbers: [20, 3, 100] });
  search.next(1);
  assert.deepEqual(shown, [3, 20]);
});

test("the hit before none is the last one", async () => {
  const search = await searched("a", { numbers: [3, 9] });
  search.at = -1;
  search.next(-1);
  assert.equal(shown.at(-1), 9);
});

test("a search without hits says so and goes nowhere", async () => {
  const search = await searched("zzz", { numbers: [] });
  search.next(1);
  search.next(-1);
  assert.deepEqual([output.textContent, shown], ["nothing", []]);
});

test("more hits than the server counts have a plus", async () => {
  await searched("a", { numbers: Array.from({ length: 1500 }, (_, at) => at + 1), truncated: true });
  assert.equal(output.textContent, "1 of 1,500+");
});

test("step:7 shows the lines of that step, with or without a text", async () => {
  const search = await searched("step:7", { ranges: [[4, 9]] });
  assert.deepEqual([search.ranges, filtered, asked, output.textContent], [[[4, 9]], 1, [["ranges", 7]], ""]);
  answers.push({ ranges: [[4, 9]] }, { numbers: [5] });
  await search.set("step:7  two words");
  assert.deepEqual(asked.slice(1), [["ranges", 7], ["find", "two words", 7]]);
});

test("a step that does not exist is reported, and the end of a filter is a change", async () => {
  const search = await searched("step:99", { ranges: [] });
  assert.equal(output.textContent, "no such step");
  await search.set("");
  assert.deepEqual([search.ranges, filtered, output.textContent], [null, 2, ""]);
});

test("what only looks like a step is a text", async () => {
  await searched("step:x", { numbers: [] });
  assert.deepEqual(asked, [["find", "step:x", 0]]);
});

test("a search that fails says why and offers another try", async () => {
  const search = await searched("a", new Error("the store is away"));
  assert.equal(output.textContent, "the store is away Try again");
  answers.push({ numbers: [2] });
  search.again.fire("click");
  await settled();
  assert.equal(output.textContent, "1 of 1");
});

test("an answer to a text that was replaced since is dropped", async () => {
  const search = made();
  let late;
  answers.push(new Promise(resolve => { late = resolve; }), { numbers: [8] });
  const old = search.set("a");
  await search.set("ab");
  late({ numbers: [1, 2, 3] });
  await old;
  assert.deepEqual([search.numbers, search.text], [[8], "ab"]);
});

test("lines that were printed and are not stored yet are found, too, by what is read of them", async () => {
  lines = new Map([[4, row(4, "an \x1b[31mer\x1b[0mror")], [5, row(5, "fine")], [6, row(6, "error")]]);
  const search = made(6);
  answers.push({ numbers: [6] });
  await search.set("error");
  assert.deepEqual([search.numbers, [...options.hits].sort()], [[4, 6], [4, 6]]);
});

test("a line that comes later counts once", async () => {
  const search = await searched("err", { numbers: [3] });
  search.arrived([row(10, "err"), row(10, "err"), row(11, "fine")]);
  assert.deepEqual([search.numbers, output.textContent], [[3, 10], "1 of 2"]);
});

test("nothing is counted without a search, nor after the server's limit", async () => {
  const search = made();
  search.arrived([row(1, "a")]);
  assert.deepEqual(search.numbers, []);
  answers.push({ numbers: [1], truncated: true });
  await search.set("a");
  search.arrived([row(2, "a")]);
  assert.deepEqual(search.numbers, [1]);
});

test("a filter grows by the lines of its step, next to its end or apart from it", async () => {
  const search = await searched("step:2", { ranges: [[4, 6]] });
  search.arrived([row(6, "", 2), row(7, "", 2), row(8, "", 1), row(9, "", 2)]);
  assert.deepEqual(search.ranges, [[4, 7], [9, 9]]);
  const empty = await searched("step:2", { ranges: [] });
  empty.arrived([row(1, "", 2)]);
  assert.deepEqual(empty.ranges, [[1, 1]]);
});

test("a hit of another step does not count while one is shown", async () => {
  const search = await searched("step:2 a", { ranges: [[4, 6]] }, { numbers: [4] });
  search.arrived([row(7, "a", 1), row(8, "a", 2)]);
  assert.deepEqual(search.numbers, [4, 8]);
});

test("one waits until nobody types, Enter and the buttons go on, Escape ends it", async () => {
  made();
  input.value = "a";
  answers.push({ numbers: [1, 2, 3] });
  input.fire("input");
  mock.timers.tick(199);
  input.fire("input");
  mock.timers.tick(199);
  assert.equal(asked.length, 0);
  mock.timers.tick(1);
  await settled();
  form.fire("submit");
  buttons[".next"].fire("click");
  buttons[".prev"].fire("click");
  input.fire("keydown", { key: "Enter", shiftKey: true });
  assert.deepEqual(shown, [1, 2, 3, 2, 1]);
  input.fire("keydown", { key: "Escape" });
  await settled();
  assert.deepEqual([input.value, output.textContent], ["", ""]);
});

test("a text that the page came with is searched at once", async () => {
  input.value = "a";
  answers.push({ numbers: [7] });
  made();
  await settled();
  assert.deepEqual(shown, [7]);
});

test("Ctrl+F goes to the field and selects what is in it", () => {
  let selected = false;
  input.select = () => { selected = true; };
  made().focus();
  assert.deepEqual([input.focused, selected], [true, true]);
});
