// SGR colours become classes; every other control byte becomes a picture of itself; http(s) links become links.
// Nothing here ever makes HTML from text.
const SGR = /\x1b\[([0-9;:]*)m/g;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/g;
const LINK = /https?:\/\/[^\s<>"'`\x00-\x20]+[^\s<>"'`.,;:!?)\]}]/g;

export function render(text, find = "") {
  const out = document.createDocumentFragment();
  let style = {};
  let at = 0;
  for (const match of text.matchAll(SGR)) {
    piece(out, text.slice(at, match.index), style, find);
    style = next(style, match[1]);
    at = match.index + match[0].length;
  }
  piece(out, text.slice(at), style, find);
  return out;
}

export const plain = text => text.replace(SGR, "");

function piece(out, raw, style, find) {
  if (!raw) return;
  const text = raw.replace(CONTROL, byte => byte === "\x7f" ? "\u2421" : String.fromCharCode(0x2400 + byte.charCodeAt(0)));
  const classes = [style.color && `c${style.color}`, style.bold && "bold", style.dim && "dim", style.italic && "italic", style.under && "under"].filter(Boolean);
  const target = classes.length ? Object.assign(document.createElement("span"), { className: classes.join(" ") }) : out;
  linked(target, text, find);
  if (target !== out) out.append(target);
}

function linked(target, text, find) {
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    marked(target, text.slice(at, match.index), find);
    const link = Object.assign(document.createElement("a"), { href: match[0], rel: "noreferrer", target: "_blank" });
    marked(link, match[0], find);
    target.append(link);
    at = match.index + match[0].length;
  }
  marked(target, text.slice(at), find);
}

function marked(target, text, find) {
  if (!find) { target.append(text); return; }
  let at = 0;
  for (let hit = text.indexOf(find); hit >= 0; hit = text.indexOf(find, at)) {
    target.append(text.slice(at, hit), Object.assign(document.createElement("mark"), { textContent: find }));
    at = hit + find.length;
  }
  target.append(text.slice(at));
}

// 256 and true colours count as text: pages.md's tokens are the only colours that are readable for certain.
function next(style, codes) {
  const now = { ...style };
  const list = codes.split(/[;:]/).map(Number);
  for (let index = 0; index < list.length; index += 1) {
    const code = list[index];
    if (code === 0) for (const key of Object.keys(now)) delete now[key];
    else if (code === 1) now.bold = true;
    else if (code === 2) now.dim = true;
    else if (code === 3) now.italic = true;
    else if (code === 4) now.under = true;
    else if (code === 22) { now.bold = false; now.dim = false; }
    else if (code === 23) now.italic = false;
    else if (code === 24) now.under = false;
    else if (code >= 31 && code <= 36) now.color = code - 30;
    else if (code >= 91 && code <= 96) now.color = code - 90;
    else if (code === 90) now.color = 8;
    else if (code === 30 || code === 37 || code === 39 || code === 97) now.color = 0;
    else if (code === 38 || code === 48) index += list[index + 1] === 5 ? 2 : 4;
  }
  return now;
}
