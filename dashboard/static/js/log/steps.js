// The steps of a job, as a list to jump by.
const GATHER = 1000;      // ms between looks at the job while lines come

export class Steps {
  constructor(section, rows) {
    this.base = section.dataset.log;
    this.list = section.querySelector(".steps");
    this.rows = rows;
    this.steps = [];
    this.at = -1;
    this.list.addEventListener("change", () => this.go(Number(this.list.value)));
  }

  async load() {
    if (!this.base) return;
    const answer = await fetch(this.base);
    if (!answer.ok) return;
    const job = await answer.json();
    this.steps = job.steps.filter(step => step.first_line);
    this.list.hidden = this.steps.length === 0;
    this.list.replaceChildren(new Option(`${job.steps.length} steps`, -1), ...this.steps.map((step, index) =>
      new Option(`${{ success: "✓", failure: "✕" }[step.state] ?? "◐"} ${step.number}/${job.steps.length} ${step.name}`, index)));
  }

  loadSoon() {
    this.timer ??= setTimeout(() => { this.timer = null; this.load(); }, GATHER);
  }

  jump(by) {
    if (this.steps.length) this.go(Math.min(this.steps.length - 1, Math.max(0, this.at + by)));
  }

  failed() {
    const index = this.steps.findIndex(step => step.state === "failure");
    if (index >= 0) this.go(index);
  }

  go(index) {
    if (index < 0) return;
    this.at = index;
    this.rows.options.marked = [this.steps[index].first_line, this.steps[index].first_line];
    this.rows.redraw();
    this.rows.show(this.steps[index].first_line);
  }
}
