import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { contrast, palette, readable } from "../../../dashboard/static/js/log/colors.js";

const TOKENS = readFileSync(new URL("../../../dashboard/static/css/tokens.css", import.meta.url), "utf8");

// [light, dark] of a custom property in tokens.css, each as [r, g, b].
function token(name) {
  const [, ...colors] = new RegExp(`--${name}: light-dark\\(#(\\w{6}), #(\\w{6})\\)`).exec(TOKENS);
  return colors.map(color => [0, 2, 4].map(at => parseInt(color.slice(at, at + 2), 16)));
}

const numbers = css => css.match(/\d+/g).map(Number);

test("the contrast is WCAG's", () => {
  assert.equal(contrast([0, 0, 0], [255, 255, 255]), 21);
  assert.equal(contrast([255, 255, 255], [0, 0, 0]), 21);
  assert.equal(contrast([9, 9, 9], [9, 9, 9]), 1);
  assert.equal(contrast([0x77, 0x77, 0x77], [255, 255, 255]).toFixed(2), "4.48");
  assert.equal(contrast([255, 0, 0], [255, 255, 255]).toFixed(2), "4.00");
  assert.equal(contrast([0, 255, 0], [255, 255, 255]).toFixed(2), "1.37");
  assert.equal(contrast([0, 0, 255], [255, 255, 255]).toFixed(2), "8.59");
});

test("the palette is xterm's", () => {
  assert.deepEqual(palette(16), [0, 0, 0]);
  assert.deepEqual(palette(21), [0, 0, 255]);
  assert.deepEqual(palette(67), [95, 135, 175]);
  assert.deepEqual(palette(196), [255, 0, 0]);
  assert.deepEqual(palette(231), [255, 255, 255]);
  assert.deepEqual(palette(232), [8, 8, 8]);
  assert.deepEqual(palette(255), [238, 238, 238]);
});

test("every colour of the palette reaches 4.5:1 on the chosen line of both schemes", () => {
  const grounds = token("chosen");
  for (let number = 16; number < 256; number += 1) {
    readable(palette(number)).forEach((color, scheme) => {
      const reached = contrast(numbers(color), grounds[scheme]);
      assert.ok(reached >= 4.5, `${number} in scheme ${scheme}: ${color} has ${reached}`);
    });
  }
});

test("a colour moves no further than it has to", () => {
  assert.equal(readable([0, 0, 0])[0], "rgb(0 0 0)");
  assert.equal(readable([255, 255, 255])[1], "rgb(255 255 255)");
  const [light] = readable([255, 0, 0]);
  assert.ok(numbers(light)[0] > token("text")[0][0] && numbers(light)[0] < 255, light);
});

test("a colour equal to the ground still becomes readable", () => {
  token("chosen").forEach((ground, scheme) => {
    assert.ok(contrast(numbers(readable(ground)[scheme]), ground) >= 4.5);
  });
});

test("a colour is computed once", () => {
  assert.equal(readable([1, 2, 3]), readable([1, 2, 3]));
});
