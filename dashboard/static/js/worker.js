// The SharedWorker: holds the one connection of /events for all tabs, with the topics of all of them.
import { concerns } from "./concerns.js";
import { Feed } from "./feed.js";

const ports = new Map();   // port -> its topics
let state = { kind: "state", state: "off" };

const feed = new Feed(message => {
  if (message.kind === "state") state = message;
  for (const [port, topics] of ports) {
    if (message.kind === "state" || message.kind === "missed" || concerns(message, topics)) port.postMessage(message);
  }
});

self.onconnect = connection => {
  const port = connection.ports[0];
  port.onmessage = ({ data }) => {
    if (data.topics.length) ports.set(port, data.topics);
    else ports.delete(port);
    feed.want([...new Set([...ports.values()].flat())], data.topics.length ? data.seen : undefined);
    if (data.topics.length) port.postMessage(state);
  };
  port.start();
};
