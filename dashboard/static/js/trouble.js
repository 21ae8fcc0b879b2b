// A bar that says what is down, since when the page is old, and when the next try is. What the page has stays.
let since = null;

// `seconds` until the next try; without it nobody tries.
export function trouble(cause, seconds) {
  since ??= new Date();
  const bar = document.getElementById("trouble") ?? made();
  const again = seconds ? ` Trying again in ${seconds} s.` : "";
  bar.textContent = `${cause} This page is as of ${since.toLocaleTimeString()}.${again}`;
}

export function calm() {
  since = null;
  document.getElementById("trouble")?.remove();
}

function made() {
  const bar = Object.assign(document.createElement("p"), { id: "trouble", className: "trouble" });
  bar.setAttribute("role", "status");
  document.getElementById("main").before(bar);
  return bar;
}
