// Is the event about one of the topics?
export function concerns(event, topics) {
  return topics.includes(`repo:${event.repo}`) || topics.includes(`run:${event.run}`)
    || (topics.includes("status") && event.kind === "status.updated");
}
