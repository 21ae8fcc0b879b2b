// The setup page of a forge: each value is checked as it is pasted, by the call that checks it again on Save.
const PAUSE = 300;      // ms after the last key

const form = document.querySelector("form[data-check]");
const forge = form.dataset.forge;
let timer = 0, asked = 0;
form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, PAUSE); });

async function check() {
  const number = ++asked;
  const given = { client_id: form.elements.client_id.value.trim(), client_secret: form.elements.client_secret.value.trim() };
  if (!given.client_id) return tell({});
  if (given.client_secret) tell({ client_secret: `Asking ${forge}…` });
  const answer = await fetch(form.dataset.check, {
    method: "POST", body: JSON.stringify(given),
    headers: { "Content-Type": "application/json", "X-CSRF-Token": form.elements.csrf.value },
  }).catch(() => null);
  const said = await answer?.json().catch(() => null);
  if (number !== asked) return;      // a newer one is on its way
  if (!said) tell({ client_secret: "The dashboard does not answer: it is not checked. Save checks it, too." });
  else if (!answer.ok) tell({ client_secret: said.detail });
  else if (said.problem) tell({ [said.field ?? "client_secret"]: said.problem });
  else tell(said.ok ? { client_secret: `${forge} knows this pair.` } : {}, said.ok);
}

function tell(words, good = false) {
  for (const name of ["client_id", "client_secret"]) {
    const line = document.getElementById(`about-${name}`);
    line.textContent = words[name] ?? "";
    line.classList.toggle("success", good);
    form.elements[name].setAttribute("aria-invalid", String(Boolean(words[name]) && !good && !words[name].endsWith("…")));
  }
}
