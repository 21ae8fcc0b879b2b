import assert from "node:assert/strict";
import { test } from "node:test";
import { Element } from "./fake.mjs";
import { ago, duration, startTimes } from "../../../dashboard/static/js/times.js";

const DAY = 86_400;

test("ages change their unit at its size and are never rounded up", () => {
  const texts = [[-3, "now"], [0, "now"], [4.9, "now"], [5, "5s ago"], [59.9, "59s ago"], [60, "1m ago"], [3599, "59m ago"], [3600, "1h ago"], [DAY - 1, "23h ago"],
    [DAY, "1d ago"], [30 * DAY - 1, "29d ago"], [30 * DAY, "1mo ago"], [365 * DAY - 1, "12mo ago"], [365 * DAY, "1y ago"], [800 * DAY, "2y ago"]];
  for (const [seconds, text] of texts) assert.equal(ago(seconds), text, String(seconds));
});

test("durations have one unit below a minute and two above", () => {
  const texts = [[-1, "0s"], [0, "0s"], [59.99, "59s"], [60, "1m 00s"], [61, "1m 01s"], [3599, "59m 59s"], [3600, "1h 00m"], [3660, "1h 01m"], [100_000, "27h 46m"]];
  for (const [seconds, text] of texts) assert.equal(duration(seconds), text, String(seconds));
});

test("each second what is shown grows older, and nothing is touched that did not change or that nobody sees", context => {
  context.mock.timers.enable({ apis: ["setInterval", "Date"], now: 100_000 });
  const since = Object.assign(new Element(), { dataset: { since: new Date(98_000).toISOString(), after: " so far" } });
  const moment = Object.assign(new Element("time"), { dateTime: new Date(40_000).toISOString() });
  document.parts = { "[data-since]": [since], "time[data-ago]": [moment] };
  startTimes();
  context.mock.timers.tick(1000);
  assert.deepEqual([since.textContent, moment.textContent], ["3s so far", "1m ago"]);
  const untouched = moment.children;
  context.mock.timers.tick(1000);
  assert.equal(moment.children, untouched);
  document.hidden = true;
  context.mock.timers.tick(60_000);
  assert.equal(since.textContent, "4s so far");
});
