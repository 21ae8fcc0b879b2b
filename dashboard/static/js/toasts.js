// How the end of a run is told where nobody looks at it.
import { isFailed, signOf } from "./states.js";

const SHOWN = 8000;       // ms; failures stay until they are closed

export function toast(run, repo) {
  const bad = isFailed(run.state);
  const note = Object.assign(document.createElement("p"), { className: `notice ${run.state}` });
  note.setAttribute("role", bad ? "alert" : "status");
  const link = Object.assign(document.createElement("a"), { href: `/runs/${run.id}`, textContent: headline(run, repo) });
  const close = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: "×" });
  close.setAttribute("aria-label", "Close");
  close.addEventListener("click", () => note.remove());
  note.append(link, ` ${bad ? first(run.reason) : ""}`, close);
  stack().append(note);
  if (!bad) setTimeout(() => note.remove(), SHOWN);
}

// One a run, in whatever tab comes first: the tag makes a second one replace it.
export function notify(run, repo) {
  const note = new Notification(headline(run, repo), { body: first(run.reason), tag: `run-${run.id}` });
  note.onclick = () => { window.focus(); location.href = `/runs/${run.id}`; };
}

function headline(run, repo) {
  const failed = run.jobs.filter(job => job.state === run.state).at(-1);
  return `${signOf(run.state)} ${failed?.stage && run.state !== "success" ? failed.stage : run.kind} · ${repo} ${run.id} ${run.state}`;
}

function first(text) {
  return (text ?? "").split("\n", 1)[0];
}

function stack() {
  const found = document.querySelector(".toasts");
  if (found) return found;
  const made = Object.assign(document.createElement("div"), { className: "toasts" });
  document.body.append(made);
  return made;
}
