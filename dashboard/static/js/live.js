/* global Idiomorph -- a script of its own, before this one */
// An event says what changed; the page asks the server for itself again and takes over what is marked data-live.
import { concerns } from "./concerns.js";
import { subscribe } from "./events.js";
import { hold } from "./hold.js";
import { calm, trouble } from "./trouble.js";

const GATHER = 120;        // ms: events of one change come together
const AGAIN = 700;         // ms until the next look where the page says that something comes late (data-again)
const POLL = 10_000;       // ms, while there is no stream
const PATIENCE = 20_000;   // ms for an answer: one that never comes must not keep the page from asking again
const LONGEST = 30;        // seconds between tries while the server does not answer

let asking = false;
let next = null;           // a look that was wanted while another was under way
let timer = 0;
let polling = 0;
let waiting = 0;           // the timer of the next look for what comes late
let retrying = 0;          // the timer of the next look while the server does not answer
let failures = 0;
let own = [];              // topics of what the page shows
let stream = null;

// `listen(message)` hears everything. Returns a function that adds topics to the stream.
export function startLive(listen) {
  const { topics, seen } = about(document);
  own = topics ?? [];
  document.addEventListener("visibilitychange", () => document.hidden || !own.length || soon());
  lookAgain();
  if (away()) lookIn(away());
  stream = subscribe(own, seen, message => {
    if (message.kind === "state") show(message);
    else if (own.length && (message.kind === "missed" || concerns(message, own))) soon();
    listen(message);
  });
  return topics => stream.add(topics);
}

// What a page, or a fresh copy of it, is about, undefined where nothing; and the newest event that it knew of, or null.
function about(page) {
  const { topics, seen } = page.getElementById("main").dataset;
  return { topics: topics?.split(",").filter(Boolean), seen: seen === undefined ? null : Number(seen) };
}

// Seconds until the next look of a page that stands in for another whose part is away; NaN on others.
function away() {
  return Number(document.querySelector("[data-away]")?.dataset.away);
}

function lookAgain() {
  const late = [...document.querySelectorAll("[data-again]")].map(element => Number(element.dataset.again) || AGAIN);
  clearTimeout(waiting);
  if (late.length) waiting = setTimeout(() => document.hidden || soon(), Math.min(...late));
}

// Within GATHER of the first wish; later ones do not put it off, or a busy run would never be shown.
// A page that answers a form has an address that shows nothing by itself.
export function soon() {
  if ("posted" in document.getElementById("main").dataset) return;
  timer ||= setTimeout(() => { timer = 0; refresh(location.href, { release: false }); }, GATHER);
}

// Fetches `url` (this page, if none) as a fragment and morphs its live parts in. `release`: new rows come in at once.
export async function refresh(url = location.href, { release = true } = {}) {
  if (asking) { next = { url, release: release || next?.release === true }; return; }
  asking = true;
  const asked = new AbortController(), late = setTimeout(() => asked.abort(), PATIENCE);
  try {
    const answer = await fetch(url, { headers: { "X-Fragment": "1" }, signal: asked.signal });
    if (answer.redirected) signedOut();
    else await taken(answer, release);
  } catch (problem) {
    if (!(problem instanceof TypeError) && problem.name !== "AbortError") throw problem;      // TypeError: no network
    retry("The dashboard does not answer.");
  } finally {
    clearTimeout(late);
    asking = false;
    if (next) { const { url: wanted, release: free } = next; next = null; refresh(wanted, { release: free }); }
  }
}

async function taken(answer, release) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const cause = page.querySelector("#main h1 + p")?.textContent ?? `The dashboard answered ${answer.status}.`;
  const id = answer.headers.get("X-Request-Id");
  if (answer.ok && away()) location.reload();
  else if (answer.ok || answer.status === 400) { answered(); calm(); take(page, release); }
  else if (answer.status >= 500 || answer.status === 429) retry(cause, id);
  else { answered(); stream.show(own = []); trouble(cause, () => refresh(), { id }); }
}

function answered() {
  failures = 0;
  retrying = clearTimeout(retrying);
}

function retry(cause, id) {
  failures += 1;
  const seconds = Math.min(LONGEST, 2 ** failures);
  trouble(cause, () => refresh(), { seconds, id });
  lookIn(seconds);
}

function lookIn(seconds) {
  clearTimeout(retrying);
  retrying = setTimeout(() => { retrying = 0; soon(); }, seconds * 1000);
}

// What is typed and not sent is worth more than a fresh page.
function signedOut() {
  if ("typed" in document.body.dataset) trouble("Your session has ended: sign in in another tab, then go on here.", () => refresh());
  else location.reload();
}

function take(page, release) {
  document.title = page.title;
  if (!release) hold(page);
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const old = document.getElementById(fresh.id);
    if (old) Idiomorph.morph(old, fresh, { morphStyle: "outerHTML", ignoreActiveValue: true, callbacks: { beforeNodeMorphed } });
    if (fresh.dataset.icon) favicon(fresh.dataset.icon);
  }
  sayAtFields(page);
  follow(page);
  lookAgain();
  document.dispatchEvent(new CustomEvent("live:taken"));
}

// A search shows what was not there before. Fewer topics than before need no other stream.
function follow(page) {
  const { topics = [], seen } = about(page);
  if (topics.some(topic => !own.includes(topic))) stream.show(own = topics, seen);
}

// What a person holds in hand stays: an open viewer, a choice already made.
function beforeNodeMorphed(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) return true;
  if (old.dataset.morph === "keep") return old.dataset.log !== fresh.dataset?.log;
  return !("touched" in old.dataset);
}

// A filter is not part of what is morphed, since somebody types in it; what is wrong with it is told there all the same.
function sayAtFields(page) {
  for (const label of document.querySelectorAll("form[data-search] label.bare")) {
    const input = label.querySelector("input");
    const fresh = page.querySelector(`form[data-search] input[name="${input.name}"]`)?.parentElement.querySelector(".at");
    label.querySelector(".at")?.remove();
    input.toggleAttribute("aria-invalid", Boolean(fresh));
    if (fresh) label.append(document.importNode(fresh, true));
  }
}

function favicon(state) {
  const icon = document.getElementById("favicon");
  const wanted = icon.href.replace(/[a-z]+\.svg$/, `${state}.svg`);
  if (icon.href !== wanted) icon.href = wanted;
}

function show({ state, seconds }) {
  const dot = document.getElementById("live");
  poll(state === "poll");
  if (!dot || !own.length) return;
  dot.hidden = false;
  dot.dataset.state = state;
  dot.lastElementChild.textContent = { live: "live", wait: `reconnecting in ${seconds} s`, poll: "polling" }[state] ?? "";
}

// At once, and then now and then until the stream is back: a try of it that fails does not begin the wait anew. While
// the pages do not come either, the bar says when the next look is.
function poll(on) {
  if (on && !polling) soon();
  if (on) polling ||= setInterval(() => retrying || soon(), POLL);
  else polling = clearInterval(polling);
}
