import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Element } from "./fake.mjs";
import { hold } from "../../../dashboard/static/js/hold.js";

let parked;

beforeEach(() => {
  globalThis.location = { search: "" };
  parked = Object.assign(new Element(), { hidden: true, dataset: { parked: "run" } });
  parked.append(new Element("button"));
});

// The ids of the rows that a page shows, which had those of `before` and whose fresh copy has those of `now`.
function held(before, now) {
  const row = id => ({ id });
  const section = Object.assign(new Element(), { id: "runs", parts: { "[data-parked]": parked } });
  const list = { rows: now.map(row), closest: () => section, replaceChildren(...rows) { this.rows = rows; } };
  document.parts = before ? { "#runs tbody[data-hold]": { rows: before.map(row) } } : {};
  hold(Object.assign(new Element(), { parts: { "tbody[data-hold]": [list] } }));
  return list.rows.map(found => found.id);
}

test("new rows wait behind their number, the others keep their places", () => {
  assert.deepEqual(held(["3", "1", "2"], ["5", "4", "3", "2", "1"]), ["3", "1", "2"]);
  assert.deepEqual([parked.hidden, parked.textContent], [false, "2 new runs"]);
});

test("one row, and words that end in y", () => {
  held(["1"], ["2", "1"]);
  assert.equal(parked.textContent, "1 new run");
  parked.dataset.parked = "delivery";
  held(["1"], ["3", "2", "1"]);
  assert.equal(parked.textContent, "2 new deliveries");
});

test("rows that are gone go, and nothing is said where none is new", () => {
  assert.deepEqual(held(["2", "1"], ["1"]), ["1"]);
  assert.equal(parked.hidden, true);
});

test("a list that was empty, or that holds other rows altogether, comes at once", () => {
  assert.deepEqual(held(null, ["2", "1"]), ["2", "1"]);
  assert.deepEqual(held(["9"], ["2", "1"]), ["2", "1"]);
  assert.equal(parked.hidden, true);
});

test("a later page does not call the rows of the page before new", () => {
  location.search = "?page=2";
  assert.deepEqual(held(["2"], ["3", "2"]), ["2"]);
  assert.equal(parked.hidden, true);
});
