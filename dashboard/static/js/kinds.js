// Which kinds of run fit depends on the branch: who chooses another sees those of that one.
import { refresh } from "./live.js";

export function startKinds() {
  document.addEventListener("change", ({ target }) => {
    if (!target.matches("select[data-on]")) return;
    const url = new URL(location.href);
    url.searchParams.set("on", target.value);
    history.replaceState(null, "", url);
    refresh(url.href, { release: false });
  });
}
