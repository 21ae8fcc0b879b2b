// Runs that somebody began, or wants to be told of, in this browser: remembered until they end, on whatever page one is
// by then. Several tabs look at the same list; whoever takes a run off it first is the one that tells.
import { isOver } from "./states.js";
import { notify, toast } from "./toasts.js";

const KEY = `continuum:began:${document.body.dataset.login ?? ""}`;
const MOST = 20;

let widen = () => {};

// `add(topics)` widens the page's stream.
export function startBegan(add) {
  widen = add;
  if (!document.body.dataset.login) return;
  for (const run of (document.body.dataset.began ?? "").split(",").filter(Boolean)) remember(run, { began: true });
  document.addEventListener("visibilitychange", () => document.hidden || lookAtAll());
  document.addEventListener("live:taken", offerToTell);
  offerToTell();
  lookAtAll().then(runs => runs.length && widen(runs.map(run => `run:${run}`)));
}

// Everything that the stream says.
export function hear(message) {
  if (message.kind === "missed" || (message.kind === "state" && message.state === "live")) lookAtAll();
  else if (message.kind === "run.updated" && message.run in read()) look(String(message.run));
}

function offerToTell() {
  const button = document.querySelector("[data-tell][hidden]");
  if (!button || !("Notification" in window)) return;
  button.hidden = false;
  button.dataset.touched = "";                       // stays as it is while the page around it changes
  if (read()[button.dataset.tell]?.tell) told(button);
  button.addEventListener("click", async () => {
    if (await Notification.requestPermission() !== "granted") { button.textContent = "Your browser does not allow it"; return; }
    remember(button.dataset.tell, { tell: true });
    widen([`run:${button.dataset.tell}`]);
    told(button);
    look(button.dataset.tell);
  });
}

function told(button) {
  button.disabled = true;
  button.textContent = "You will be told";
}

// The runs that still go on; what is gone, or not this person's to see, is forgotten.
async function lookAtAll() {
  const going = await Promise.all(Object.keys(read()).map(async run => await look(run) ? run : null));
  return going.filter(Boolean);
}

// true while it goes on.
async function look(run) {
  const answer = await fetch(`/api/v1/runs/${run}`).catch(() => null);      // no network: the next look finds it
  if (answer?.status === 404) claim(run);
  const found = answer?.ok ? await answer.json().catch(() => null) : null;
  if (!found) return false;
  if (isOver(found.state)) await ended(found);
  return !isOver(found.state);
}

// Nothing that may fail, or that leaving the page ends, comes after the claim: nobody would be told.
async function ended(run) {
  if (!due(run)) return;
  const repo = await fetch(`/api/v1/repos/${run.repo}`).then(answer => answer.ok ? answer.json() : null).catch(() => null);
  const wanted = due(run);
  if (!wanted) return;
  claim(run.id);
  const name = repo ? `${repo.owner}/${repo.name}` : "";
  if (wanted.tell) notify(run, name);
  if (wanted.began && !document.hidden && !onThisPage(run.id)) toast(run, name);
}

// What is to be told of its end, if it is now: a toast waits for somebody who can see it.
function due(run) {
  const wanted = read()[run.id];
  return document.hidden && !wanted?.tell ? null : wanted;
}

function onThisPage(run) {
  return document.querySelector(`[data-run="${run}"], #run-${run}`) !== null;
}

function remember(run, what) {
  const all = read();
  all[run] = { ...all[run], ...what };
  const newest = Object.keys(all).sort((one, other) => other - one).slice(0, MOST);
  localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(newest.map(key => [key, all[key]]))));
}

function claim(run) {
  const { [run]: mine, ...others } = read();
  if (mine) localStorage.setItem(KEY, JSON.stringify(others));
}

function read() {
  return JSON.parse(localStorage.getItem(KEY) ?? "{}");
}
