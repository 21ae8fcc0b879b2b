// A log's own stream: open while its tab is visible, reopened from the last line that came.
const LONGEST = 30;      // seconds between tries

export class Stream {
  // `position()` gives what to resume after; `on` has lines(rows), end(job), state(word).
  constructor(url, position, on) {
    this.url = url;
    this.position = position;
    this.on = on;
    this.failures = 0;
    this.ended = false;
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
    this.source.addEventListener("lines", message => {
      this.failures = 0;
      this.on.lines(JSON.parse(message.data).lines, Number(message.lastEventId));
    });
    this.source.addEventListener("end", message => {
      this.ended = true;
      this.stop();
      this.on.end(JSON.parse(message.data));
    });
    this.source.onerror = () => this.failed();
  }

  failed() {
    this.shut();
    this.failures += 1;
    const seconds = Math.min(LONGEST, 2 ** (this.failures - 1)) * (0.75 + Math.random() / 2);
    this.timer = setTimeout(() => this.choose(), seconds * 1000);
  }

  shut() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  stop() {
    document.removeEventListener("visibilitychange", this.visible);
    this.shut();
  }
}
