import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { FakeEventSource } from "./fake.mjs";
import { assertGrowingWaits, assertSilenceFails, reset, waitAfterFailure } from "./reconnects.mjs";
import { Stream } from "../../../dashboard/static/js/log/stream.js";

let position, told, came, ended;

beforeEach(() => {
  reset();
  document.heard = {};
  [position, told, came, ended] = [0, [], [], []];
});

const made = () => new Stream("/logs/1/stream", () => position, { lines: (rows, id) => came.push([rows, id]), told: text => told.push(text), end: job => ended.push(job) });
const newest = () => FakeEventSource.newest;
const turn = hidden => { document.hidden = hidden; document.fire("visibilitychange"); };

test("waits between tries grow to 30 s", () => {
  made();
  assertGrowingWaits();
});

test("chance spreads the tries of many viewers by a quarter either way", () => {
  reset(0);
  made();
  assert.equal(waitAfterFailure(), 750);
  reset(1);
  made();
  assert.equal(waitAfterFailure(), 1250);
});

test("lines end the failures, and the next connection resumes after the last of them", () => {
  made();
  waitAfterFailure();
  waitAfterFailure();
  newest().say("lines", { lines: [[7, 0, 1, "x"]] }, "12345678901234567890");
  assert.deepEqual([came, told.at(-1)], [[[[[7, 0, 1, "x"]], "12345678901234567890"]], ""]);
  position = 7;
  assert.equal(waitAfterFailure(), 1000);
  assert.equal(newest().url, "/logs/1/stream?after=7");
});

test("a connection that opens and breaks without a line does not begin the waits anew", () => {
  made();
  waitAfterFailure();
  newest().say("open");
  assert.equal(told.at(-1), "");
  assert.equal(waitAfterFailure(), 2000);
});

test("silence is a failure, and a ping is no silence", () => {
  made();
  assertSilenceFails(source => source.say("ping"));
  assert.equal(told.at(-1), "reconnecting in 1 s");
});

test("the reason that the server gave stands before the wait until lines come", () => {
  made();
  newest().say("away", { detail: "the store is away" });
  newest().onerror();
  assert.equal(told.at(-1), "the store is away, reconnecting in 1 s");
  mock.timers.tick(1000);
  newest().say("lines", { lines: [] });
  newest().onerror();
  assert.equal(told.at(-1), "reconnecting in 1 s");
});

test("who reads slower than lines come is told", () => {
  made();
  newest().say("behind");
  assert.match(told.at(-1), /catching up/);
});

test("a hidden tab has no connection, and opens one again where it was", () => {
  made();
  const first = newest();
  turn(true);
  assert.equal(first.closed, true);
  mock.timers.tick(100_000);
  assert.equal(FakeEventSource.opened.length, 1);
  position = 9;
  turn(false);
  turn(false);
  assert.deepEqual([FakeEventSource.opened.length, newest().url], [2, "/logs/1/stream?after=9"]);
});

test("a tab that is hidden while it waits opens nothing until it is seen", () => {
  made();
  newest().onerror();
  turn(true);
  mock.timers.tick(100_000);
  assert.equal(FakeEventSource.opened.length, 1);
});

test("the end of the job is the end of the stream", () => {
  made();
  newest().say("end", { state: "success" });
  assert.deepEqual([ended, newest().closed], [[{ state: "success" }], true]);
  turn(true);
  turn(false);
  mock.timers.tick(100_000);
  assert.equal(FakeEventSource.opened.length, 1);
});

test("a stopped stream stays stopped", () => {
  const stream = made();
  newest().onerror();
  stream.stop();
  turn(false);
  mock.timers.tick(100_000);
  assert.equal(FakeEventSource.opened.length, 1);
});
