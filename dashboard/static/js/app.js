// What every page has: it stays live, searches as one types, opens confirmations as dialogs, obeys keys.
import { startForms } from "./forms.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startTimes } from "./times.js";

startLive();
startForms();
startKeys();
startTimes();
