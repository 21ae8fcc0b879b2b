import assert from "node:assert/strict";
import { test } from "node:test";
import "./fake.mjs";
import { head } from "../../../dashboard/static/js/log/heads.js";

const fold = more => ({ first: 3, open: true, state: "failure", text: "▾ step 1/2 test", took: "1.0 s", steps: [{ number: 1, name: "test" }], ...more });

test("a head says its step, its state in a word and a sign, and its time", () => {
  const element = head(fold()), [button, only, word, took] = element.children;
  assert.equal(element.className, "step failure");
  assert.deepEqual([button.textContent, button.dataset.fold, button.attributes["aria-expanded"]], ["▾ step 1/2 test", 3, "true"]);
  assert.deepEqual([only.children, word.textContent, took.textContent], [[], "failure", "✕ 1.0 s"]);
});

test("a state without a sign has none", () => {
  assert.equal(head(fold({ state: "skipped", took: "" })).children[3].textContent, " ");
});

test("steps side by side can each be seen alone", () => {
  const [, only] = head(fold({ steps: [{ number: 1, name: "a" }, { number: 7, name: "b" }] })).children;
  assert.deepEqual(only.children.map(button => [button.textContent, button.dataset.only, button.title]), [["step:1", 1, "a"], ["step:7", 7, "b"]]);
});

test("a head is filled again only where it looks different", () => {
  const element = head(fold()), [button] = element.children;
  button.textContent = "untouched";
  head(fold(), element);
  assert.equal(button.textContent, "untouched");
  head(fold({ open: false, text: "▸ step 1/2 test" }), element);
  assert.deepEqual([button.textContent, button.attributes["aria-expanded"]], ["▸ step 1/2 test", "false"]);
});
