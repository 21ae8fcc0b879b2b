// A log's own stream: open while its tab is visible, reopened from the last line that came.
const LONGEST = 30;          // seconds between tries
const SILENCE = 25_000;      // ms: the server says something every 10 s, so a connection that says nothing is dead

export class Stream {
  // `position()` gives what to resume after; `on` has lines(rows, id, as text: it may have more digits than a number), end(job), told(what keeps it, "" while it flows).
  constructor(url, position, on) {
    Object.assign(this, { url, position, on, failures: 0, ended: false, why: "" });
    this.visible = () => this.choose();
    document.addEventListener("visibilitychange", this.visible);
    this.choose();
  }

  choose() {
    if (document.hidden || this.ended) this.shut();
    else if (!this.source) this.open();
  }

  open() {
    this.shut();
    this.source = new EventSource(`${this.url}?after=${this.position()}`);
    this.source.addEventListener("open", () => { this.heard(); this.on.told(""); });
    this.source.addEventListener("ping", () => this.heard());
    this.source.addEventListener("lines", message => {
      this.heard();
      this.failures = 0;
      this.on.told(this.why = "");
      this.on.lines(JSON.parse(message.data).lines, message.lastEventId);
    });
    this.source.addEventListener("behind", () => this.on.told("more lines than this browser reads, catching up from the store"));
    this.source.addEventListener("away", message => { this.why = `${JSON.parse(message.data).detail}, `; });
    this.source.addEventListener("end", message => {
      this.ended = true;
      this.stop();
      this.on.end(JSON.parse(message.data));
    });
    this.source.onerror = () => this.failed();
    this.heard();
  }

  heard() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.failed(), SILENCE);
  }

  // EventSource gives up after some answers and hammers after others: it is closed, and opened anew when due.
  failed() {
    this.shut();
    this.failures += 1;
    const seconds = Math.min(LONGEST, 2 ** (this.failures - 1)) * (0.75 + Math.random() / 2);
    this.on.told(`${this.why}reconnecting in ${Math.ceil(seconds)} s`);
    this.timer = setTimeout(() => this.choose(), seconds * 1000);
  }

  shut() {
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.source?.close();
    this.source = null;
  }

  stop() {
    document.removeEventListener("visibilitychange", this.visible);
    this.shut();
  }
}
