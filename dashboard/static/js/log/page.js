// Mounts the viewers of a page, and mounts anew where a live page has put another job in their place.
import { RuntimeViewer } from "./runtime.js";
import { Viewer } from "./viewer.js";

const mounted = new Map();      // section -> [its log, its viewer]

function mount() {
  for (const [section, [log, viewer]] of mounted) {
    if (section.isConnected && section.dataset.log === log) continue;
    viewer.stop();
    mounted.delete(section);
  }
  for (const section of document.querySelectorAll(".log")) {
    if (mounted.has(section)) continue;
    const kind = section.dataset.runtime ? RuntimeViewer : Viewer;
    mounted.set(section, [section.dataset.log, new kind(section)]);
  }
}

mount();
document.addEventListener("live:taken", mount);
