// What every page has: it stays live, searches as one types, opens confirmations as dialogs, obeys keys, tells of ends.
import { hear, startBegan } from "./began.js";
import { startForms } from "./forms.js";
import { startKeys } from "./keys.js";
import { startKinds } from "./kinds.js";
import { startLive } from "./live.js";
import { startTimes } from "./times.js";

startBegan(startLive(hear));
startForms();
startKeys();
startKinds();
startTimes();

// Scripts run here, so no page has to hold what is for those that run none (pages/plain.py).
if (document.cookie.includes("plain=")) document.cookie = "plain=; Max-Age=0; Path=/; SameSite=Lax";
