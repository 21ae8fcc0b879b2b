// One event stream for all tabs, from a SharedWorker; where there is none, this tab's own while it is visible.
import { Feed } from "./feed.js";

// `seen`: number of the newest event that the page knew of when it was made; what came after it is told.
// `on(message)`: {kind: "state", state: "live" | "wait" | "poll", seconds} or an event of the API.
export function subscribe(topics, seen, on) {
  if (typeof SharedWorker === "function") {
    const worker = new SharedWorker(new URL("./worker.js", import.meta.url), { type: "module", name: "events" });
    worker.port.onmessage = message => on(message.data);
    worker.port.start();
    worker.port.postMessage({ topics, seen });
    addEventListener("pagehide", () => worker.port.postMessage({ topics: [] }));
    addEventListener("pageshow", shown => shown.persisted && worker.port.postMessage({ topics, seen }));
    return;
  }
  const feed = new Feed(on);
  const choose = () => feed.want(document.hidden ? [] : topics, seen);
  document.addEventListener("visibilitychange", choose);
  choose();
}
