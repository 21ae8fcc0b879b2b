import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Element } from "./fake.mjs";
import { Layout } from "../../../dashboard/static/js/log/layout.js";
import { HEIGHT, Scroller } from "../../../dashboard/static/js/log/scroller.js";

const VIEW = 400;      // px of the body
let body, moved;

beforeEach(() => {
  globalThis.ResizeObserver = class { observe() {} };
  globalThis.onscrollend = null;
  body = Object.assign(new Element(), { clientHeight: VIEW, scrollTop: 0 });
  moved = 0;
});

function made(lines, { folds = [], wrap = false } = {}) {
  const scroller = new Scroller(body, { wrap }, () => { moved += 1; });
  scroller.order(new Layout(1, lines, folds));
  scroller.stretch();
  return scroller;
}

function scrollTo(top) {
  body.scrollTop = top;
  body.fire("scroll");
}

test("the scroller is as tall as all rows, and scaled where a browser has no such heights", () => {
  assert.deepEqual([made(1000).space.style.height, made(1000).scale], ["20000px", 1]);
  const huge = made(2_000_000);
  assert.equal(huge.space.style.height, "15000000px");
  assert.ok(huge.scale > 2.6 && huge.scale < 2.7);
});

test("a log that fits has no room to scroll", () => {
  const short = made(5);
  assert.deepEqual([short.room, short.scale], [0, 1]);
});

test("a short scroll moves the anchor by its px, to the first row below the edge", () => {
  const scroller = made(1000);
  scrollTo(50);
  assert.deepEqual([scroller.anchor, moved], [{ key: 4, at: 10 }, 1]);
  scrollTo(20);
  assert.deepEqual(scroller.anchor, { key: 2, at: 0 });
});

test("a closed fold is one row for a scroll", () => {
  const scroller = made(1000, { folds: [{ first: 1, last: 500, open: false }] });
  scrollTo(2 * HEIGHT);
  assert.deepEqual(scroller.anchor, { key: 502, at: 0 });
});

test("a scroll that goes far lands at its share of the whole", () => {
  const scroller = made(1000);
  scrollTo(10_007);
  assert.deepEqual(scroller.anchor, { key: 501, at: -7 });
  const huge = made(2_000_000);
  scrollTo(huge.room);
  assert.ok(huge.anchor.key > 2_000_000 - 25 && huge.anchor.key <= 2_000_000);
});

test("a scroll event without a change of place is none", () => {
  made(1000);
  body.fire("scroll");
  assert.equal(moved, 0);
});

test("wrapped rows keep the anchor's row, since their heights are not known", () => {
  const scroller = made(1000, { wrap: true });
  scrollTo(50);
  assert.deepEqual(scroller.anchor, { key: 1, at: -50 });
});

test("the anchor does not leave the log at either end", () => {
  const scroller = made(10);
  assert.deepEqual(scroller.normal(1, 90), { key: 1, at: 90 });
  assert.deepEqual(scroller.normal(5, -900), { key: 10, at: -800 });
});

test("the thumb is put right at rest, and not while somebody scrolls", () => {
  const scroller = made(1000);
  scrollTo(300);
  scroller.to(101, 0);
  scroller.rest(false, false);
  assert.equal(body.scrollTop, 2000);
  scrollTo(2010);
  scroller.anchor = { key: 201, at: 0 };
  scroller.order(scroller.layout);
  scroller.rest(false, false);
  assert.equal(body.scrollTop, 2010);
  body.fire("scrollend");
  scroller.rest(false, false);
  assert.equal(body.scrollTop, 4000);
});

test("the thumb is at an end where that end is in sight, and only there", () => {
  const scroller = made(1000);
  scroller.to(3, 0);
  scroller.rest(true, false);
  assert.equal(body.scrollTop, 0);
  scroller.to(1, 0);
  scroller.rest(false, false);
  assert.equal(body.scrollTop, 0, "one px is not worth a move");
  scroller.to(1000, 380);
  scroller.rest(false, true);
  assert.equal(body.scrollTop, scroller.room);
});

test("wrapped rows that are a little taller than thought leave the thumb alone, much taller ones do not", () => {
  const scroller = made(1000, { wrap: true });
  scroller.estimate(24);
  assert.equal(scroller.space.style.height, "20000px");
  scroller.estimate(40);
  assert.equal(scroller.space.style.height, "40000px");
  scroller.rest(false, false);
  scroller.estimate(80);
  assert.equal(scroller.tall, 40);
});

test("a scroll of an empty log moves nothing", () => {
  const scroller = made(0);
  scrollTo(900);
  assert.deepEqual(scroller.anchor, { key: 1, at: 0 });
});
