// GitHub as `emulate` imitates it, on loopback. Arguments: port, seed as JSON. Prints its URL.
import { createEmulator } from "emulate";

const [port, seed] = process.argv.slice(2);
const github = await createEmulator({ service: "github", port: Number(port), seed: JSON.parse(seed) });
console.log(github.url);
