"""Removes what a test machine is made of once the process that made it is gone, however that process ended.

Called as `reaper.py LABEL` with a pipe as its standard input: the pipe ends with the process that holds its other end.
"""

import subprocess
import sys

KINDS = {
    "container": (["docker", "ps", "--all", "--quiet"], ["docker", "rm", "--force", "--volumes"]),
    "volume": (["docker", "volume", "ls", "--quiet"], ["docker", "volume", "rm"]),
    "image": (["docker", "image", "ls", "--quiet"], ["docker", "image", "rm", "--force"]),
}


def remove(label: str) -> None:
    """Remove every container, volume and image that carries `label`."""
    for listing, removal in KINDS.values():
        listed = subprocess.run([*listing, "--filter", f"label={label}"], capture_output=True, text=True, check=True,
                                stdin=subprocess.DEVNULL)
        names = sorted(set(listed.stdout.split()))
        if names:
            subprocess.run([*removal, *names], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.stdin.read()
    remove(sys.argv[1])
