"""What a stream of server-sent events said."""

import json


def parsed(chunk: bytes) -> list[tuple[str, object]]:
    found = []
    for message in chunk.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in message.split("\n") if ": " in line and not line.startswith(":"))
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def numbers(events: list[tuple[str, object]]) -> list[int]:
    return [row[0] for kind, data in events if kind == "lines" for row in data["lines"]]
