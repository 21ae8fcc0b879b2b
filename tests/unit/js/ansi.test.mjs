import assert from "node:assert/strict";
import { test } from "node:test";
import { Element } from "./fake.mjs";
import { plain, render } from "../../../dashboard/static/js/log/ansi.js";
import { palette, readable } from "../../../dashboard/static/js/log/colors.js";

const ESC = "\x1b[";

// What was rendered: plain text as it is, a span as "class:text", a hit as "[class:text]", a link as { href, inside }.
function shown(text, find) {
  const describe = node => {
    if (!(node instanceof Element)) return node;
    if (node.tagName === "A") return { href: node.href, inside: node.children.map(describe) };
    const text = `${node.className}:${node.textContent}`;
    return node.tagName === "MARK" ? `[${text}]` : text;
  };
  return render(text, find).children.map(describe);
}

const first = text => render(text).children[0];

test("text without sequences is one piece", () => {
  assert.deepEqual(shown("make: done"), ["make: done"]);
  assert.deepEqual(shown(""), []);
  assert.deepEqual(shown("<b>&amp;</b>"), ["<b>&amp;</b>"]);
});

test("the eight colours and their bright forms become classes", () => {
  assert.deepEqual(shown(`${ESC}31mred${ESC}0m plain`), ["c1:red", " plain"]);
  assert.deepEqual(shown(`${ESC}96mcyan`), ["c6:cyan"]);
  assert.deepEqual(shown(`${ESC}30mblack${ESC}37mwhite${ESC}97mbright`), ["blackwhitebright"]);
});

test("bold, dim, italic and underlined add up and end one by one", () => {
  assert.deepEqual(shown(`${ESC}1;4;33mall${ESC}24mless${ESC}22;39mnone`), ["bold under c3:all", "bold c3:less", "none"]);
  assert.deepEqual(shown(`${ESC}2;3mboth${ESC}23mdim`), ["dim italic:both", "dim:dim"]);
});

test("an empty or a zero parameter resets", () => {
  assert.deepEqual(shown(`${ESC}1;31ma${ESC}mb`), ["bold c1:a", "b"]);
  assert.deepEqual(shown(`${ESC}1;31ma${ESC}0;32mb`), ["bold c1:a", "c2:b"]);
  assert.deepEqual(shown(`${ESC}1;31ma${ESC};4mb`), ["bold c1:a", "under:b"]);
});

test("the first sixteen of 256 colours are the tokens' own", () => {
  assert.deepEqual(shown(`${ESC}38;5;2mgreen${ESC}38;5;12mblue`), ["c2:green", "c4:blue"]);
});

test("other colours of 256 and true colours become readable ones of both schemes", () => {
  for (const [codes, rgb] of [["38;5;208", palette(208)], ["38:5:208", palette(208)], ["38;2;12;34;56", [12, 34, 56]], ["38;2;999;0;0", [255, 0, 0]]]) {
    const element = first(`${ESC}${codes}mx`);
    assert.equal(element.className, "rgb", codes);
    assert.deepEqual([element.style["--light"], element.style["--dark"]], readable(rgb), codes);
  }
});

test("the first and the last code of each row of colours count, their neighbours do not", () => {
  for (const [code, text] of [[29, "c1:x"], [30, "x"], [36, "c6:x"], [37, "x"], [39, "x"], [40, "c1:x"], [89, "c1:x"], [90, "x"], [97, "x"], [98, "c1:x"]]) {
    assert.deepEqual(shown(`${ESC}31m${ESC}${code}mx`), [text], String(code));
  }
  assert.equal(first(`${ESC}38;5;16mx`).className, "rgb");
});

test("a named colour replaces a true one, and the other way round", () => {
  assert.deepEqual(shown(`${ESC}38;2;1;2;3ma${ESC}31mb${ESC}38;5;100mc${ESC}39md`), ["rgb:a", "c1:b", "rgb:c", "d"]);
});

test("colours of the ground are skipped with all their parameters", () => {
  assert.deepEqual(shown(`${ESC}48;5;1;4ma`), ["under:a"]);
  assert.deepEqual(shown(`${ESC}48;2;1;3;4;1mb`), ["bold:b"]);
  assert.deepEqual(shown(`${ESC}41;103mc`), ["c"]);
});

test("the parameters of a colour are not taken for codes", () => {
  assert.deepEqual(shown(`${ESC}38;5;1;4ma`), ["under c1:a"]);
  assert.deepEqual(shown(`${ESC}38;2;1;3;4;1mb`), ["bold rgb:b"]);
});

test("broken and unknown colours change nothing but the colour", () => {
  assert.deepEqual(shown(`${ESC}1;31ma${ESC}38;5;256mb`), ["bold c1:a", "bold:b"]);
  assert.deepEqual(shown(`${ESC}38;2;1ma`), ["a"]);
  assert.deepEqual(shown(`${ESC}38ma`), ["a"]);
  assert.deepEqual(shown(`${ESC}73;7;5ma`), ["a"]);
});

test("a sequence that a line break cuts is shown, and each line begins without colours", () => {
  assert.deepEqual(shown(`${ESC}31mred ${ESC}3`), ["c1:red ␛[3"]);
  assert.deepEqual(shown("2mnext"), ["2mnext"]);
});

test("other escapes and control characters become pictures, tabs stay", () => {
  assert.deepEqual(shown(`a\tb\x00\x07\x1b[2K\r\x7f`), ["a\tb␀␇␛[2K␍␡"]);
});

test("plain() leaves out what colours, and nothing else", () => {
  assert.equal(plain(`${ESC}1;38;5;9mred${ESC}0m \x1b[2K`), "red \x1b[2K");
});

test("http and https links are links, without the punctuation behind them", () => {
  assert.deepEqual(shown("see https://a.example/b?c=1#d, or (http://x.example/)."), ["see ",
    { href: "https://a.example/b?c=1#d", inside: ["https://a.example/b?c=1#d"] }, ", or (", { href: "http://x.example/", inside: ["http://x.example/"] }, ")."]);
  assert.deepEqual(shown("javascript://x file:///etc ftp://x"), ["javascript://x file:///etc ftp://x"]);
});

test("a link stays one link over colours, and does not take what follows", () => {
  assert.deepEqual(shown(`https://a.example/${ESC}1mb${ESC}0m end`), [{ href: "https://a.example/b", inside: ["https://a.example/", "bold:b"] }, " end"]);
  const [link] = render("https://a.example/").children;
  assert.deepEqual([link.rel, link.target, link.tabIndex], ["noreferrer", "_blank", -1]);
});

test("what is searched for is marked wherever it stands, also over colours and in links", () => {
  assert.deepEqual(shown("abcabc", "bc"), ["a", "[:bc]", "a", "[:bc]"]);
  assert.deepEqual(shown("aaa", "aa"), ["[:aa]", "a"]);
  assert.deepEqual(shown(`fa${ESC}31mil`, "ail"), ["f", "[:a]", "[c1:il]"]);
  assert.deepEqual(shown("http://a.example/x", "/x"), [{ href: "http://a.example/x", inside: ["http://a.example", "[:/x]"] }]);
  assert.deepEqual(shown("abc", "z"), ["abc"]);
});
