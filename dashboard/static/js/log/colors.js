// Colours beyond the six of the tokens (256 and true colours) move toward the text's colour until 4.5:1 is reached.
const ENOUGH = 4.5;
const STEPS = 20;
// The darkest ground that a line has in the light scheme, the lightest in the dark one: the chosen line (tokens.css).
const SCHEMES = [{ ground: [0xe3, 0xed, 0xff], text: [0x1b, 0x1f, 0x24] }, { ground: [0x1b, 0x2f, 0x52], text: [0xe6, 0xe9, 0xee] }];
const CUBE = [0, 95, 135, 175, 215, 255];
const known = new Map();

// [r, g, b] of number 16 to 255 of xterm's palette.
export function palette(number) {
  if (number >= 232) return [0, 0, 0].fill(8 + (number - 232) * 10);
  const place = number - 16;
  return [CUBE[Math.floor(place / 36)], CUBE[Math.floor(place / 6) % 6], CUBE[place % 6]];
}

// Two CSS colours, for the light and the dark scheme.
export function readable(rgb) {
  const key = rgb.join();
  if (!known.has(key)) known.set(key, SCHEMES.map(({ ground, text }) => css(toward(rgb, text, ground))));
  return known.get(key);
}

function toward(rgb, text, ground) {
  for (let step = 0; step < STEPS; step += 1) {
    const mixed = rgb.map((part, index) => Math.round(part + (text[index] - part) * step / STEPS));
    if (contrast(mixed, ground) >= ENOUGH) return mixed;
  }
  return text;
}

// WCAG 2.2, "contrast ratio" and "relative luminance".
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(rgb) {
  const [r, g, b] = rgb.map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const css = rgb => `rgb(${rgb.join(" ")})`;
