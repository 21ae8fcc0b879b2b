// Copying: what is selected may reach over rows that are not drawn any more. The rows in which the selection begins and
// ends stay in the document, out of sight, and the text comes from the store.
import { copy } from "../clipboard.js";
import { plain } from "./ansi.js";

const MOST = 40_000;      // lines copied at once: as many as the store keeps

export class Copy {
  // `told(text)` says what went wrong, or "".
  constructor(rows, told) {
    Object.assign(this, { rows, told });
    this.selected = () => this.load();
    this.take = event => this.copied(event);
    document.addEventListener("selectionchange", this.selected);
    document.addEventListener("copy", this.take);
    rows.pins = () => this.pins();     // asked at each drawing: a scroll may draw before the event tells of a selection
  }

  pins() {
    const { anchorNode, focusNode } = document.getSelection();
    return new Set([anchorNode, focusNode].map(node => node && this.row(node)?.key).filter(key => key !== undefined && key !== null));
  }

  // Asks for the selected lines that have not come yet, so that a copy finds them.
  load() {
    const { rows } = this, ends = this.ends();
    if (ends) rows.store.want(this.lines(ends[0][0].key, ends[1][0].key).filter(line => !rows.store.get(line)));
    if (rows.list.querySelector(".pinned")) rows.draw();
  }

  // [[row, place], [row, place]] in the order of the log, null where nothing is selected here.
  ends() {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const ends = [[range.startContainer, range.startOffset], [range.endContainer, range.endOffset]].map(([node, offset]) => this.end(node, offset));
    return ends.every(Boolean) ? ends : null;
  }

  row(node) {
    const row = (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest("li");
    return row?.parentElement === this.rows.list ? row : null;
  }

  end(node, offset) {
    const row = this.row(node), text = row?.querySelector(".tx");
    if (!text) return row && [row, 0];
    const before = document.createRange();
    before.setStart(text, 0);
    if (before.comparePoint(node, offset) < 0) return [row, 0];
    before.setEnd(node, offset);
    return [row, before.toString().length];
  }

  copied(event) {
    const ends = this.ends(), { marked } = this.rows.options;
    const inside = this.rows.body.contains(document.activeElement);
    if (!ends && !(marked && inside && document.getSelection().isCollapsed)) return;
    if (ends && ends[0][0] === ends[1][0]) return;
    const text = ends ? this.between(...ends) : this.text(this.lines(...marked));
    event.preventDefault();
    if (text === null) return;
    event.clipboardData.setData("text/plain", text);
    this.told("");
  }

  between([first, from], [last, to]) {
    const lines = this.lines(first.key, last.key), text = this.text(lines);
    if (text === null || !lines.length) return text;
    const cut = to - (last.querySelector(".tx")?.textContent.length ?? 0);
    return text.slice(lines[0] === first.key ? from : 0, cut < 0 && lines.at(-1) === last.key ? cut : undefined);
  }

  // Numbers of the lines from one key to another, as they are shown: a closed fold has none.
  lines(from, to) {
    const { layout } = this.rows, lines = [];
    const end = Math.min(layout.row(to), layout.row(from) + MOST);
    for (let row = layout.row(from); row <= end && row < layout.total; row += 1) lines.push(layout.at(row).line);
    return lines.filter(Boolean);
  }

  text(lines) {
    const { store } = this.rows, missing = lines.filter(line => !store.get(line));
    store.want(missing);
    if (missing.length) { this.told("these lines are still coming, copy again in a moment"); return null; }
    return lines.map((line, index) => (index && !store.get(line)[4] ? "\n" : "") + plain(store.get(line)[3])).join("");
  }

  // Copies the marked lines, by a button.
  async marked() {
    const { store, options } = this.rows, [first, last] = options.marked;
    for (let from = first; from <= Math.min(last, first + MOST); from += 1000) {
      if (!store.get(from) || !store.get(Math.min(last, from + 999))) await store.load(from, 1000);
    }
    const text = this.text(this.lines(first, last));
    if (text === null) return false;
    this.told("");
    return copy(text);
  }

  stop() {
    document.removeEventListener("selectionchange", this.selected);
    document.removeEventListener("copy", this.take);
  }
}
