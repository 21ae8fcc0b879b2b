// /events as it should be read: EventSource gives up after a refusal, so it is opened anew, from where it was.
const KINDS = ["repo.updated", "run.created", "run.updated", "job.updated", "deployment.updated", "status.updated",
  "delivery.updated", "pull.updated"];
const LONGEST = 30;        // seconds between tries
const SILENCE = 25_000;    // ms: the server says something every 10 s, so a connection that says nothing is dead
const POLL_AFTER = 4;      // failures, then the pages look by themselves now and then

export class Feed {
  constructor(on) {
    this.on = on;
    this.topics = [];
    this.last = null;
    this.failures = 0;
  }

  // `seen`: what came after this event is to be told; null where nobody knows, undefined for "no matter".
  want(topics, seen) {
    const sorted = [...topics].sort();
    const missed = seen === null || seen < (this.last ?? Infinity);
    if (sorted.join() === this.topics.join() && this.source) {
      if (missed) this.on({ kind: "missed" });
      return;
    }
    this.topics = sorted;
    if (seen === null) this.lookAgain = true;
    else if (missed) this.last = seen;
    this.open();
  }

  open() {
    this.close();
    if (!this.topics.length) return;
    const after = this.last === null ? "" : `&after=${this.last}`;
    this.source = new EventSource(`/api/v1/events?topics=${inShort(this.topics)}${after}`);
    this.source.addEventListener("ready", message => this.ready(JSON.parse(message.data)));
    this.source.addEventListener("missed", () => this.on({ kind: "missed" }));
    this.source.addEventListener("ping", message => this.pinged(JSON.parse(message.data)));
    this.source.onerror = () => this.failed();
    for (const kind of KINDS) this.source.addEventListener(kind, message => this.event(message));
    this.heard();
  }

  heard() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.failed(), SILENCE);
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.source?.close();
    this.source = null;
  }

  // The dashboard may be there and hear nothing itself: then it has nothing to tell, and the pages look by themselves.
  pinged({ connected }) {
    this.heard();
    if (connected === !this.deaf) return;
    this.deaf = !connected;
    this.on({ kind: "state", state: connected ? "live" : "poll" });
    if (connected) this.on({ kind: "missed" });
  }

  ready({ last }) {
    this.heard();
    this.deaf = false;
    const again = this.failures > 0 || this.lookAgain;
    this.failures = 0;
    this.lookAgain = false;
    this.last ??= last;
    this.on({ kind: "state", state: "live" });
    if (again) this.on({ kind: "missed" });
  }

  event(message) {
    this.heard();
    this.last = Number(message.lastEventId);
    this.on(JSON.parse(message.data));
  }

  failed() {
    this.close();
    this.failures += 1;
    const seconds = Math.min(LONGEST, 2 ** (this.failures - 1)) * (0.75 + Math.random() / 2);
    this.on({ kind: "state", state: this.failures >= POLL_AFTER ? "poll" : "wait", seconds: Math.ceil(seconds) });
    this.timer = setTimeout(() => this.open(), seconds * 1000);
  }
}

// `repo:1,repo:2,run:3` -> `repo:1,2,run:3`: those of eight tabs fit into an address.
function inShort(sorted) {
  const kind = topic => topic?.split(":")[0];
  return sorted.map((topic, at) => kind(topic) === kind(sorted[at - 1]) ? topic.split(":")[1] : topic).join();
}
