// The parts of a browser that the pages' scripts use, as small as these tests need them. Import it before the scripts.

export class Element {
  constructor(tag = "div") {
    Object.assign(this, { tagName: tag.toUpperCase(), children: [], dataset: {}, attributes: {}, className: "", hidden: false, heard: {} });
    this.parts = {};            // selector -> what querySelector finds
    this.style = { setProperty: (name, value) => { this.style[name] = value; } };
  }

  append(...nodes) { this.children.push(...nodes); }
  prepend(...nodes) { this.children.unshift(...nodes); }
  replaceChildren(...nodes) { this.children = nodes; }
  before(node) { this.previous = node; }
  remove() { this.removed = true; }
  get firstChild() { return this.children[0]; }
  get firstElementChild() { return this.children.find(child => child instanceof Element); }
  get textContent() { return this.children.map(child => child instanceof Element ? child.textContent : child).join(""); }
  set textContent(text) { this.children = [String(text)]; }
  setAttribute(name, value) { this.attributes[name] = String(value); }
  querySelector(selector) { return this.parts[selector] ?? null; }
  querySelectorAll(selector) { return this.parts[selector] ?? []; }
  addEventListener(kind, listener) { (this.heard[kind] ??= []).push(listener); }
  removeEventListener(kind, listener) { this.heard[kind] = (this.heard[kind] ?? []).filter(other => other !== listener); }
  fire(kind, event = {}) { for (const listener of this.heard[kind] ?? []) listener({ preventDefault() {}, target: this, ...event }); }
  focus() { this.focused = true; }
}

export class FakeEventSource extends Element {
  static opened = [];

  constructor(url) {
    super("source");
    Object.assign(this, { url, closed: false });
    FakeEventSource.opened.push(this);
  }

  close() { this.closed = true; }
  say(kind, data = {}, lastEventId = "") { this.fire(kind, { data: JSON.stringify(data), lastEventId }); }
  static get newest() { return this.opened.at(-1); }
}

const STATES = { over: ["success", "failure", "error", "canceled"], failed: ["failure", "error"],
  ranked: ["error", "failure", "running", "canceled", "success"], signs: { success: "✓", failure: "✕" } };

const page = new Element("document");
page.createElement = tag => new Element(tag);
page.createDocumentFragment = () => new Element("fragment");
page.body = Object.assign(new Element("body"), { dataset: { states: JSON.stringify(STATES) } });
page.hidden = false;
page.dispatchEvent = event => page.fire(event.type);
page.getElementById = id => page.querySelector(`#${id}`);
Object.assign(globalThis, { document: page, EventSource: FakeEventSource, window: globalThis });
