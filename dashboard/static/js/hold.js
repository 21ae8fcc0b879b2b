// Rows that are new wait behind "3 new runs", and the others keep their places: nothing moves under a pointer.

// Changes `page`, a fresh copy of this one, so that its held lists have the rows of this one in this one's order.
export function hold(page) {
  for (const fresh of page.querySelectorAll("tbody[data-hold]")) {
    const section = fresh.closest("[data-live]");
    const old = document.querySelector(`#${section.id} tbody[data-hold]`);
    if (!old) continue;                      // the list was empty: its first rows may come
    const rows = new Map([...fresh.rows].map(row => [row.id, row]));
    const kept = [...old.rows].map(row => rows.get(row.id)).filter(Boolean);
    if (!kept.length) continue;
    tell(section, rows.size - kept.length);
    fresh.replaceChildren(...kept);
  }
}

// On a later page the rows that are new there are old ones of the page before.
function tell(section, count) {
  const parked = section.querySelector("[data-parked]");
  if (!parked || !count || Number(new URLSearchParams(location.search).get("page") ?? 1) > 1) return;
  parked.hidden = false;
  parked.firstElementChild.textContent = `${count} new ${plural(parked.dataset.parked, count)}`;
}

function plural(word, count) {
  return count === 1 ? word : word.endsWith("y") ? `${word.slice(0, -1)}ies` : `${word}s`;
}
