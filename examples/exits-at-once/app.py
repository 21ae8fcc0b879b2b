import sys

print("reading settings", flush=True)
print("cannot go on: the queue's address is empty", file=sys.stderr, flush=True)
sys.exit(1)
