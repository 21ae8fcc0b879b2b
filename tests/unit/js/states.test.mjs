import assert from "node:assert/strict";
import { test } from "node:test";
import "./fake.mjs";

const { isFailed, isOver, signOf, worstOf } = await import("../../../dashboard/static/js/states.js");
const { concerns } = await import("../../../dashboard/static/js/concerns.js");

test("what the page says of a state is what counts", () => {
  assert.deepEqual(["success", "canceled", "running"].map(isOver), [true, true, false]);
  assert.deepEqual(["error", "failure", "canceled"].map(isFailed), [true, true, false]);
  assert.deepEqual(["failure", "running"].map(signOf), ["✕", ""]);
});

test("the worst state stands for all, and one that has no rank for itself", () => {
  assert.equal(worstOf(["success", "failure", "running"]), "failure");
  assert.equal(worstOf(["success", "error", "failure"]), "error");
  assert.equal(worstOf(["pending", "pending"]), "pending");
});

test("an event concerns those who look at its run, its repository, or the status", () => {
  const event = { kind: "run.updated", repo: 1, run: 23 };
  assert.deepEqual([["repo:1"], ["run:23"], ["run:2", "repo:12"], ["status"]].map(topics => concerns(event, topics)), [true, true, false, false]);
  assert.equal(concerns({ kind: "status.updated" }, ["status"]), true);
  assert.equal(concerns({ kind: "status.updated" }, ["run:1"]), false);
});
