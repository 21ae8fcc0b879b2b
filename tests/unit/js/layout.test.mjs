import assert from "node:assert/strict";
import { test } from "node:test";
import { Layout } from "../../../dashboard/static/js/log/layout.js";

const fold = (first, last, open) => ({ first, last, open });
// The keys in the order in which they are shown.
const keys = layout => Array.from({ length: layout.total }, (_, row) => layout.at(row).key);

test("without folds a row is a line", () => {
  const layout = new Layout(1, 4, []);
  assert.deepEqual(keys(layout), [1, 2, 3, 4]);
  assert.deepEqual(layout.at(2), { key: 3, line: 3, fold: null });
  assert.equal(layout.row(4), 3);
});

test("an empty log has no rows", () => {
  const layout = new Layout(1, 0, [fold(1, 3, true)]);
  assert.equal(layout.total, 0);
  assert.equal(layout.row(1), 0);
});

test("an open fold has a head before its lines, a closed one its head alone", () => {
  const layout = new Layout(1, 9, [fold(2, 4, true), fold(5, 7, false)]);
  assert.deepEqual(keys(layout), [1, -2, 2, 3, 4, -5, 8, 9]);
  assert.deepEqual(layout.at(1), { key: -2, line: 0, fold: fold(2, 4, true) });
  assert.deepEqual(layout.at(3).line, 3);
});

test("row() is the inverse of at()", () => {
  const layout = new Layout(1, 2000, [fold(1, 499, true), fold(500, 1000, false), fold(1400, 1500, true)]);
  for (let row = 0; row < layout.total; row += 1) assert.equal(layout.row(layout.at(row).key), row);
});

test("a line of a closed fold is where the head is", () => {
  const layout = new Layout(1, 9, [fold(2, 4, false)]);
  assert.equal(layout.row(3), 1);
  assert.equal(layout.row(-2), 1);
  assert.equal(layout.row(5), 2);
});

test("a fold grows no further than the lines that are here, and one that has not begun is left out", () => {
  assert.deepEqual(keys(new Layout(1, 3, [fold(2, 8, true), fold(9, 12, true)])), [1, -2, 2, 3]);
});

test("lines that were dropped at the beginning are not shown, and their fold begins later", () => {
  assert.deepEqual(keys(new Layout(5, 8, [fold(3, 6, true)])), [-3, 5, 6, 7, 8]);
  assert.deepEqual(keys(new Layout(5, 6, [fold(1, 4, true)])), [5, 6]);
  assert.equal(new Layout(5, 8, []).row(2), 0);
});

test("ranges show just their lines, without heads", () => {
  const layout = new Layout(1, 50, [fold(1, 50, false)], [[3, 4], [40, 99]]);
  assert.deepEqual(keys(layout).slice(0, 4), [3, 4, 40, 41]);
  assert.equal(layout.total, 2 + 11);
  assert.equal(layout.row(4), 1);
});

test("a line between two ranges is where the next one begins, one after all of them at the end", () => {
  const layout = new Layout(1, 50, [], [[3, 4], [40, 42]]);
  assert.equal(layout.row(20), 2);
  assert.equal(layout.row(50), 4);
  assert.equal(layout.row(1), 0);
});

test("a million lines in ten thousand folds are found by halving", () => {
  const folds = Array.from({ length: 10_000 }, (_, at) => fold(at * 100 + 1, at * 100 + 100, at % 2 === 0));
  const layout = new Layout(1, 1_000_000, folds);
  assert.equal(layout.total, 10_000 + 500_000);
  assert.equal(layout.at(layout.total - 1).key, -999_901);
  assert.equal(layout.row(999_900), layout.total - 2);
  assert.equal(layout.row(999_850), layout.total - 52);
});
