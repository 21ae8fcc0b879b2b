import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Element, FakeEventSource } from "./fake.mjs";

const { refresh, soon, startLive } = await import("../../../dashboard/static/js/live.js");

const LIVE = { topics: "repo:1", seen: "5" };
let asked, answers, main, dot, shown;

const settled = () => new Promise(resolve => setImmediate(resolve));

// A page as the server sends it: its topics, and the sentence that names its trouble.
function page(dataset = {}, cause = null) {
  const made = Object.assign(new Element("page"), { title: "t", parts: { "#main h1 + p": cause && Object.assign(new Element("p"), { textContent: cause }) } });
  made.getElementById = () => ({ dataset });
  return made;
}

function answer(status = 200, more = {}) {
  return { ok: status < 400, status, redirected: false, text: async () => more, headers: { get: () => more.id ?? null } };
}

beforeEach(async () => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  [asked, answers, main, dot, shown] = [[], [], Object.assign(new Element("main"), { dataset: { ...LIVE } }), new Element(), null];
  dot.append(new Element("span"), "", new Element("span"));
  Object.defineProperty(dot, "lastElementChild", { get: () => dot.children[2] });
  main.before = bar => { shown = bar; document.parts["#trouble"] = bar; };
  document.parts = { "#main": main, "#live": dot };
  document.heard = {};
  document.hidden = false;
  FakeEventSource.opened = [];
  globalThis.location = { href: "/repos", reload() { this.reloaded = true; } };
  globalThis.DOMParser = class { parseFromString(given) { return given.page ?? page(); } };
  globalThis.fetch = (url, { signal }) => {
    asked.push(url);
    const next = answers.shift() ?? answer();
    if (next === "never") return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  };
  await refresh();      // what failures an earlier test left are over
  asked = [];
  shown = null;
});

// What is due is done, so that no test leaves a timer to the next.
afterEach(async () => {
  answers = [];
  for (let number = 0; number < 2; number += 1) {
    mock.timers.tick(100_000);
    await settled();
  }
});

// The seconds until the next look at the page.
async function waited() {
  const before = asked.length;
  let passed = 0;
  for (; asked.length === before && passed < 100_000; passed += 10) mock.timers.tick(10);
  await settled();
  return (passed - 120) / 1000;
}

const text = () => shown.children[0].data;

// The bar begins with a text, whose data is what it says.
const append = Element.prototype.append;
Element.prototype.append = function (...nodes) { append.apply(this, nodes.map(node => node === "" ? { data: "" } : node)); };

test("a server that does not answer is tried after 2, 4, 8, 16 s, then each 30 s, and the bar says when", async () => {
  answers = Array.from({ length: 7 }, () => new TypeError("fetch failed"));
  await refresh();
  const waits = [];
  for (let number = 0; number < 6; number += 1) {
    waits.push([text().match(/Trying again in (\d+) s/)[1], await waited()].map(Number));
  }
  assert.deepEqual(waits, [[2, 2], [4, 4], [8, 8], [16, 16], [30, 30], [30, 30]]);
  assert.match(text(), /^The dashboard does not answer\. This page is as of /);
});

test("the first answer ends the waits", async () => {
  answers = [new TypeError("fetch failed"), new TypeError("fetch failed")];
  await refresh();
  await waited();
  const bar = shown;
  await waited();
  assert.equal(bar.removed, true);
  delete document.parts["#trouble"];
  assert.equal(asked.length, 3);
  mock.timers.tick(100_000);
  assert.equal(asked.length, 3);
});

test("a refusal for now is tried again and names its cause and its id", async () => {
  for (const status of [429, 500, 503]) {
    answers = [answer(status, { page: page({}, "The store is away."), id: "r-1" })];
    await refresh();
    assert.match(text(), /^The store is away\. .*Trying again in \d+ s\. Id r-1\./, String(status));
  }
});

test("a page that is gone is not looked at again, and its stream ends", async () => {
  startLive(() => {});
  answers = [answer(404, { page: page({}, null) })];
  await refresh();
  assert.match(text(), /^The dashboard answered 404\./);
  assert.equal(FakeEventSource.newest.closed, true);
  mock.timers.tick(100_000);
  assert.equal(asked.length, 1);
});

test("an answer that never comes is given up after 20 s", async () => {
  answers = ["never"];
  const look = refresh();
  mock.timers.tick(19_999);
  assert.equal(shown, null);
  mock.timers.tick(1);
  await look;
  assert.match(text(), /does not answer/);
});

test("a fault of our own is not taken for a missing network", async () => {
  answers = [answer(200, { get page() { throw new RangeError("ours"); } })];
  await assert.rejects(refresh(), RangeError);
});

test("wishes that come together are one look, which they do not put off", async () => {
  for (let at = 0; at < 11; at += 1) { soon(); mock.timers.tick(10); }
  assert.equal(asked.length, 0);
  soon();
  mock.timers.tick(10);
  assert.deepEqual(asked, ["/repos"]);
  await settled();
});

test("a look that is wanted while another is under way comes after it, the newest only", async () => {
  let free;
  answers = [{ ...answer(), text: () => new Promise(resolve => { free = resolve; }) }];
  const look = refresh("/first");
  refresh("/second");
  refresh("/third");
  await settled();
  free({});
  await look;
  await settled();
  assert.deepEqual(asked, ["/first", "/third"]);
});

test("the page that answers a form is not looked at by itself", () => {
  main.dataset.posted = "";
  soon();
  mock.timers.tick(100_000);
  assert.equal(asked.length, 0);
});

test("an ended session loads the page anew, unless something is typed", async () => {
  answers = [{ ...answer(), redirected: true }, { ...answer(), redirected: true }];
  document.body.dataset.typed = "";
  await refresh();
  assert.match(text(), /^Your session has ended/);
  assert.equal(location.reloaded, undefined);
  delete document.body.dataset.typed;
  await refresh();
  assert.equal(location.reloaded, true);
});

test("a part that comes late is looked for by its own time, the earliest first", async () => {
  document.parts["[data-again]"] = [{ dataset: { again: "5000" } }, { dataset: { again: "" } }];
  startLive(() => {});
  delete document.parts["[data-again]"];
  assert.equal(await waited(), 0.7);
});

test("events of the page are looked at, others only heard, and a dead stream makes the page look each 10 s", async () => {
  const heard = [];
  startLive(message => heard.push(message.kind));
  const source = FakeEventSource.newest;
  source.say("run.updated", { kind: "run.updated", repo: 2, run: 9 }, "6");
  mock.timers.tick(1000);
  assert.deepEqual([asked.length, heard], [0, ["run.updated"]]);
  source.say("run.updated", { kind: "run.updated", repo: 1, run: 9 }, "7");
  assert.equal(await waited(), 0);
  source.say("ready", { last: 7 });
  assert.deepEqual([dot.dataset.state, dot.children[2].textContent], ["live", "live"]);
  source.say("ping", { connected: false });
  assert.equal(dot.children[2].textContent, "polling");
  assert.equal(await waited(), 0);
  assert.equal(await waited(), 9.88);
  source.say("ping", { connected: true });
  assert.equal(await waited(), 0);
  asked = [];
  mock.timers.tick(20_000);
  assert.equal(asked.length, 0);
});

// Morphs one live part in; returns what may be morphed within it, as the callback says.
async function morphed(fresh) {
  const given = page(), old = new Element();
  given.parts["[data-live]"] = [Object.assign(new Element(), { id: "runs", dataset: {}, ...fresh })];
  document.parts["#runs"] = old;
  let within;
  globalThis.Node = { ELEMENT_NODE: 1 };
  globalThis.Idiomorph = { morph: (into, _from, { callbacks }) => { assert.equal(into, old); within = callbacks.beforeNodeMorphed; } };
  answers = [answer(200, { page: given })];
  await refresh();
  return within;
}

test("what a person holds in hand is not morphed: a choice, and the viewer of the same log", async () => {
  const within = await morphed({});
  const node = dataset => ({ nodeType: 1, dataset });
  assert.equal(within({ nodeType: 3 }, {}), true);
  assert.equal(within(node({}), node({})), true);
  assert.equal(within(node({ touched: "" }), node({})), false);
  assert.equal(within(node({ morph: "keep", log: "/jobs/1" }), node({ log: "/jobs/1" })), false);
  assert.equal(within(node({ morph: "keep", log: "/jobs/1" }), node({ log: "/jobs/2" })), true);
});

test("the sign in the tab follows the state", async () => {
  const icon = document.parts["#favicon"] = { href: "/static/signs/running.svg" };
  await morphed({ dataset: { icon: "failure" } });
  assert.equal(icon.href, "/static/signs/failure.svg");
});

test("a page that stands in for one whose part was away is loaded anew once that answers", async () => {
  document.parts["[data-away]"] = { dataset: { away: "5" } };
  startLive(() => {});
  assert.equal(await waited(), 5);
  assert.equal(location.reloaded, true);
});
