// SGR colours become classes; every other control byte becomes a picture of itself; http(s) links become links.
// Nothing here ever makes HTML from text.
import { palette, readable } from "./colors.js";

const SGR = /\x1b\[([0-9;:]*)m/g;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/g;
const LINK = /https?:\/\/[^\s<>"'`\x00-\x20]+[^\s<>"'`.,;:!?)\]}]/g;
const NONE = {};

export const plain = text => text.replace(SGR, "");

// The line as nodes; where `find` stands, also across colours, it is marked.
export function render(text, find = "") {
  const { letters, styles } = parse(text);
  const links = spans(letters, LINK);
  const cuts = new Set([0, letters.length]);
  for (const [start, end] of [...links, ...styles]) cuts.add(start).add(end);
  const hits = places(letters, find);
  for (const start of hits) cuts.add(start).add(start + find.length);
  const out = document.createDocumentFragment();
  const order = [...cuts].sort((a, b) => a - b);
  let link = null;
  for (let index = 0; index + 1 < order.length; index += 1) {
    const [start, end] = [order[index], order[index + 1]];
    const [from, to] = links.find(([first, last]) => first <= start && end <= last) ?? [];
    if (from === undefined) link = null;
    else if (start === from) out.append(link = linked(letters.slice(from, to)));
    const style = styles.findLast(([first, last]) => first <= start && end <= last)?.[2] ?? NONE;
    const hit = hits.some(first => first <= start && end <= first + find.length);
    (link ?? out).append(piece(picture(letters.slice(start, end)), style, hit));
  }
  return out;
}

// What is read, and which stretches of it look how: [first, past the last, style].
function parse(text) {
  const styles = [];
  let letters = "", style = NONE, at = 0;
  const take = part => {
    if (part && style !== NONE) styles.push([letters.length, letters.length + part.length, style]);
    letters += part;
  };
  for (const match of text.matchAll(SGR)) {
    take(text.slice(at, match.index));
    style = next(style, match[1]);
    at = match.index + match[0].length;
  }
  take(text.slice(at));
  return { letters, styles };
}

const spans = (letters, pattern) => letters.includes("://") ? [...letters.matchAll(pattern)].map(match => [match.index, match.index + match[0].length]) : [];

function places(letters, find) {
  const found = [];
  for (let at = find ? letters.indexOf(find) : -1; at >= 0; at = letters.indexOf(find, at + find.length)) found.push(at);
  return found;
}

const linked = href => Object.assign(document.createElement("a"), { href, rel: "noreferrer", target: "_blank", tabIndex: -1 });

// One letter for one letter, so that places in the text stay places in what is shown.
const picture = text => text.replace(CONTROL, byte => byte === "\x7f" ? "\u2421" : String.fromCharCode(0x2400 + byte.charCodeAt(0)));

function piece(text, style, hit) {
  if (style === NONE && !hit) return text;
  const element = Object.assign(document.createElement(hit ? "mark" : "span"), { textContent: text });
  element.className = ["bold", "dim", "italic", "under"].filter(name => style[name]).concat(style.color ? `c${style.color}` : [], style.rgb ? "rgb" : []).join(" ");
  if (style.rgb) readable(style.rgb).forEach((color, index) => element.style.setProperty(["--light", "--dark"][index], color));
  return element;
}

const SWITCHES = { 1: { bold: true }, 2: { dim: true }, 3: { italic: true }, 4: { under: true }, 22: { bold: false, dim: false }, 23: { italic: false }, 24: { under: false } };

// ECMA-48, 8.3.117. Grounds are left out: no pair of colours is readable for certain.
function next(style, codes) {
  let now = { ...style };
  const list = codes.split(/[;:]/).map(Number);
  for (let index = 0; index < list.length; index += 1) {
    const code = list[index];
    if (code === 0) now = {};
    else if (SWITCHES[code]) Object.assign(now, SWITCHES[code]);
    else if ((code >= 30 && code <= 39) || (code >= 90 && code <= 97)) {
      Object.assign(now, { color: 0, rgb: null }, code === 38 ? color(list.slice(index + 1)) : named(code % 10));
    }
    if (code === 38 || code === 48) index += list[index + 1] === 5 ? 2 : 4;
  }
  return Object.values(now).some(Boolean) ? now : NONE;
}

const named = number => ({ color: number >= 1 && number <= 6 ? number : 0 });

function color([kind, ...parts]) {
  if (kind === 5) return parts[0] < 16 ? named(parts[0] % 8) : parts[0] < 256 ? { rgb: palette(parts[0]) } : {};
  return kind === 2 && parts.length >= 3 ? { rgb: parts.slice(0, 3).map(part => Math.min(255, part || 0)) } : {};
}
