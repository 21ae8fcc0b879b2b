// A bar that says what is down, since when the page is old, and when the next try is. What the page has stays.
let since = null;

// `again()` tries at once; `seconds` until that happens by itself, if it does; `id`: what the server's log calls it.
export function trouble(cause, again, { seconds, id } = {}) {
  since ??= new Date();
  const bar = document.getElementById("trouble") ?? made(again);
  const rest = [seconds && `Trying again in ${seconds} s.`, id && `Id ${id}.`].filter(Boolean).join(" ");
  bar.firstChild.data = `${cause} This page is as of ${since.toLocaleTimeString()}. ${rest} `;
}

export function calm() {
  since = null;
  document.getElementById("trouble")?.remove();
}

function made(again) {
  const bar = Object.assign(document.createElement("p"), { id: "trouble", className: "trouble" });
  const button = Object.assign(document.createElement("button"), { type: "button", className: "small", textContent: "Try again" });
  button.addEventListener("click", again);
  bar.setAttribute("role", "status");
  bar.append("", button);
  document.getElementById("main").before(bar);
  return bar;
}
