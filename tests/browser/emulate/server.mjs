// GitHub as `emulate` imitates it: two people, one OAuth app. Arguments: port, callback URL.
import { createEmulator } from "emulate";

const [port, callback] = process.argv.slice(2);
const github = await createEmulator({
  service: "github", port: Number(port),
  seed: { github: {
    users: [{ login: "octocat", name: "The Octocat" }, { login: "hubot", name: "Hubot" }],
    oauth_apps: [{ client_id: "Ov23liEMULATED", client_secret: "e".repeat(40), name: "Continuum", redirect_uris: [callback] }],
  } },
});
console.log(github.url);
