// The clipboard's own interface is missing on pages without TLS; a command and its event are there everywhere.
export function copy(text) {
  const give = event => {
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener("copy", give, { capture: true });
  const done = document.execCommand("copy");
  removeEventListener("copy", give, { capture: true });
  return done;
}
