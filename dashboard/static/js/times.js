// "2m ago" grows older and "9s" longer without asking the server.
const UNITS = [[31536000, "y"], [2592000, "mo"], [86400, "d"], [3600, "h"], [60, "m"]];

export function startTimes() {
  setInterval(tick, 1000);
}

function tick() {
  if (document.hidden) return;
  for (const element of document.querySelectorAll("[data-since]")) {
    set(element, duration(age(element.dataset.since)) + (element.dataset.after ?? ""));
  }
  for (const element of document.querySelectorAll("time[data-ago]")) set(element, ago(age(element.dateTime)));
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const age = moment => (Date.now() - Date.parse(moment)) / 1000;

export function ago(seconds) {
  if (seconds < 5) return "now";
  const [size, unit] = UNITS.find(([size]) => seconds >= size) ?? [1, "s"];
  return `${Math.floor(seconds / size)}${unit} ago`;
}

export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = number => String(number).padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor(whole % 3600 / 60))}m`;
}
