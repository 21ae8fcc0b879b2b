// One event stream for all tabs, from a SharedWorker; where there is none, this tab's own while it is visible.
import { Feed } from "./feed.js";

// `seen`: number of the newest event that the page knew of when it was made; what came after it is told.
// `on(message)`: {kind: "state", state: "live" | "wait" | "poll", seconds} or an event of the API.
// Returns `{ add(topics), end() }`; end where what the page is about is gone, for one refused topic refuses the stream.
export function subscribe(topics, seen, on) {
  return typeof SharedWorker === "function" ? shared(topics, seen, on) : own(topics, seen, on);
}

function shared(topics, seen, on) {
  const worker = new SharedWorker(new URL("./worker.js", import.meta.url), { type: "module", name: "events" });
  worker.port.onmessage = message => on(message.data);
  worker.port.start();
  if (topics.length) worker.port.postMessage({ topics, seen });
  addEventListener("pagehide", () => worker.port.postMessage({ topics: [] }));
  addEventListener("pageshow", shown => shown.persisted && topics.length && worker.port.postMessage({ topics, seen }));
  return {
    add(more) { worker.port.postMessage({ topics: topics = [...new Set([...topics, ...more])] }); },
    end() { worker.port.postMessage({ topics: topics = [] }); },
  };
}

function own(topics, seen, on) {
  const feed = new Feed(on);
  const choose = () => feed.want(document.hidden ? [] : topics, seen);
  document.addEventListener("visibilitychange", choose);
  choose();
  return {
    add(more) { topics = [...new Set([...topics, ...more])]; if (!document.hidden) feed.want(topics, undefined); },
    end() { feed.want(topics = [], undefined); },
  };
}
