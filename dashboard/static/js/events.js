// One event stream for all tabs, from a SharedWorker; where there is none, this tab's own while it is visible.
import { Feed } from "./feed.js";

// `page`: topics of what is shown; `seen`: number of the newest event that it knew of when it was made; what came after
// it is told. `on(message)`: {kind: "state", state: "live" | "wait" | "poll", seconds} or an event of the API.
// Returns `{ show(topics, seen), add(topics) }`: the page shows something else now; others are wanted beside it.
export function subscribe(page, seen, on) {
  let others = [];
  const topics = () => [...new Set([...page, ...others])];
  const tell = typeof SharedWorker === "function" ? shared(topics, seen, on) : own(topics, seen, on);
  return {
    show(fresh, known) { page = fresh; tell(known); },
    add(more) { others = [...others, ...more]; tell(); },
  };
}

// Both return a function that passes `topics()` on, with what the page has `seen` of them.
function shared(topics, seen, on) {
  const worker = new SharedWorker(new URL("./worker.js", import.meta.url), { type: "module", name: "events" });
  const tell = known => worker.port.postMessage({ topics: topics(), seen: known });
  worker.port.onmessage = message => on(message.data);
  worker.port.start();
  if (topics().length) tell(seen);
  addEventListener("pagehide", () => worker.port.postMessage({ topics: [] }));
  addEventListener("pageshow", shown => shown.persisted && topics().length && tell(seen));
  return tell;
}

function own(topics, seen, on) {
  const feed = new Feed(on);
  const tell = known => feed.want(document.hidden ? [] : topics(), known);
  document.addEventListener("visibilitychange", () => tell(seen));
  tell(seen);
  return tell;
}
