// What both event streams promise of their reconnects, for whichever of them a test makes.
import assert from "node:assert/strict";
import { mock } from "node:test";
import { FakeEventSource } from "./fake.mjs";

// Fresh timers; the share of chance in a wait is `chance`, from 0 (the shortest) to 1.
export function reset(chance = 0.5) {
  FakeEventSource.opened = [];
  document.hidden = false;
  mock.reset();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(Math, "random", () => chance);
}

// Lets the newest connection fail; returns the ms until another one is opened.
export function waitAfterFailure() {
  const before = FakeEventSource.opened.length;
  FakeEventSource.newest.onerror();
  let waited = 0;
  for (; FakeEventSource.opened.length === before && waited < 100_000; waited += 250) mock.timers.tick(250);
  return waited;
}

export function assertGrowingWaits() {
  assert.deepEqual(Array.from({ length: 8 }, waitAfterFailure), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
}

// A connection that says nothing for 25 s is given up; `say` says something on it.
export function assertSilenceFails(say) {
  const source = FakeEventSource.newest;
  mock.timers.tick(24_999);
  say(source);
  mock.timers.tick(24_999);
  assert.equal(source.closed, false);
  mock.timers.tick(1);
  assert.equal(source.closed, true);
}
