import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { FakeEventSource } from "./fake.mjs";
import { assertGrowingWaits, assertSilenceFails, reset, waitAfterFailure } from "./reconnects.mjs";
import { Feed } from "../../../dashboard/static/js/feed.js";

let heard;

beforeEach(() => { reset(); heard = []; });

function made(topics = ["repo:1"], seen = 5) {
  const feed = new Feed(message => heard.push(message));
  feed.want(topics, seen);
  return feed;
}

const newest = () => FakeEventSource.newest;
const kinds = () => heard.map(message => message.state ?? message.kind);

test("topics of one kind share its name in the address", () => {
  made(["run:7", "repo:2", "repo:1", "status"]);
  assert.equal(newest().url, "/api/v1/events?topics=repo:1,2,run:7,status&after=5");
});

test("without topics there is no connection, and none is left", () => {
  const feed = made([]);
  assert.equal(newest(), undefined);
  feed.want(["repo:1"], 5);
  feed.want([]);
  assert.deepEqual([FakeEventSource.opened.length, newest().closed], [1, true]);
});

test("the same topics in another order keep the connection", () => {
  const feed = made(["repo:1", "run:2"]);
  feed.want(["run:2", "repo:1"]);
  assert.deepEqual([FakeEventSource.opened.length, heard], [1, []]);
});

test("a page that saw less than the connection told missed something", () => {
  const feed = made(["repo:1"], 5);
  feed.want(["repo:1"], 4);
  feed.want(["repo:1"], 5);
  feed.want(["repo:1"], null);
  assert.deepEqual(kinds(), ["missed", "missed"]);
});

test("other topics open a connection from what the page saw, where that is less", () => {
  const feed = made(["repo:1"], 5);
  feed.want(["repo:2"], 9);
  assert.match(newest().url, /topics=repo:2&after=5$/);
  feed.want(["repo:3"], 3);
  assert.match(newest().url, /topics=repo:3&after=3$/);
  feed.want(["repo:4"]);
  assert.match(newest().url, /topics=repo:4&after=3$/);
});

test("a page that does not know what it saw looks again once the connection is there", () => {
  made(["repo:1"], null);
  assert.equal(newest().url, "/api/v1/events?topics=repo:1");
  newest().say("ready", { last: 8 });
  newest().say("ready", { last: 8 });
  assert.deepEqual(kinds(), ["live", "missed", "live"]);
});

test("an event is told, and the next connection begins after it", () => {
  made();
  newest().say("run.updated", { kind: "run.updated", run: 3 }, "17");
  newest().say("missed");
  assert.deepEqual(heard, [{ kind: "run.updated", run: 3 }, { kind: "missed" }]);
  waitAfterFailure();
  assert.match(newest().url, /after=17$/);
});

test("the server's number counts until an event has one", () => {
  new Feed(() => {}).want(["repo:1"]);
  newest().say("ready", { last: 40 });
  waitAfterFailure();
  assert.match(newest().url, /after=40$/);
});

test("waits between tries grow to 30 s, and from the fourth on the pages look themselves", () => {
  made();
  assertGrowingWaits();
  assert.deepEqual(heard.slice(0, 5).map(({ state, seconds }) => [state, seconds]), [["wait", 1], ["wait", 2], ["wait", 4], ["poll", 8], ["poll", 16]]);
});

test("a connection that stands again ends the waits, and what was missed is looked at", () => {
  made();
  waitAfterFailure();
  waitAfterFailure();
  heard = [];
  newest().say("ready", { last: 5 });
  assert.deepEqual(kinds(), ["live", "missed"]);
  assert.equal(waitAfterFailure(), 1000);
});

test("silence is a failure, and a ping is no silence", () => {
  made();
  newest().say("ready", { last: 5 });
  assertSilenceFails(source => source.say("ping", { connected: true }));
});

test("a dashboard that hears nothing itself makes the pages look, until it hears again", () => {
  made();
  newest().say("ready", { last: 5 });
  heard = [];
  for (const connected of [true, false, false, true]) newest().say("ping", { connected });
  assert.deepEqual(kinds(), ["poll", "live", "missed"]);
});

test("who wants nothing more while a try is due opens none", () => {
  const feed = made();
  newest().onerror();
  feed.want([]);
  mock.timers.tick(100_000);
  assert.equal(FakeEventSource.opened.length, 1);
});
