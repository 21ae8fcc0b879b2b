/* global Idiomorph -- a script of its own, before this one */
// An event says what changed; the page asks the server for itself again and takes over what is marked data-live.
import { subscribe } from "./events.js";

const GATHER = 120;        // ms: events of one change come together
const AGAIN = 700;         // ms until the next look where the page says that something comes late (data-again)
const POLL = 10_000;       // ms, while there is no stream

let asking = false;
let again = false;
let timer = 0;
let polling = 0;

export function startLive() {
  const { topics, seen } = document.body.dataset;
  if (!topics) return;
  subscribe(topics.split(","), seen === undefined ? null : Number(seen), message => message.kind === "state" ? show(message) : soon());
  document.addEventListener("visibilitychange", () => document.hidden || soon());
  lookAgain();
}

function lookAgain() {
  if (document.querySelector("[data-again]")) setTimeout(soon, AGAIN);
}

export function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, GATHER);
}

// Fetches `url` (this page, if none) as a fragment and morphs its live parts in.
export async function refresh(url = location.href) {
  if (asking) { again = true; return; }
  asking = true;
  try {
    const answer = await fetch(url, { headers: { "X-Fragment": "1" } });
    if (answer.redirected) location.reload();
    if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } finally {
    asking = false;
    if (again) { again = false; soon(); }
  }
}

function take(page) {
  document.title = page.title;
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const old = document.getElementById(fresh.id);
    if (old) Idiomorph.morph(old, fresh, { morphStyle: "outerHTML", ignoreActiveValue: true, callbacks: { beforeNodeMorphed } });
    if (fresh.dataset.icon) favicon(fresh.dataset.icon);
  }
  lookAgain();
  document.dispatchEvent(new CustomEvent("live:taken"));
}

// What a person holds in hand stays: an open viewer, a choice already made.
function beforeNodeMorphed(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) return true;
  if (old.dataset.morph === "keep") return old.dataset.log !== fresh.dataset?.log;
  return !("touched" in old.dataset);
}

function favicon(state) {
  const icon = document.getElementById("favicon");
  const wanted = icon.href.replace(/[a-z]+\.svg$/, `${state}.svg`);
  if (icon.href !== wanted) icon.href = wanted;
}

function show({ state, seconds }) {
  const dot = document.getElementById("live");
  clearInterval(polling);
  if (state === "poll") polling = setInterval(soon, POLL);
  if (!dot) return;
  dot.hidden = false;
  dot.dataset.state = state;
  dot.lastElementChild.textContent = { live: "live", wait: `reconnecting in ${seconds} s`, poll: "polling" }[state] ?? "";
}
