#!/bin/sh
# An init that ends cleanly on its own stop signal, with the exit code of a signal.
httpd -f -p 8000 -h /www &
server=$!
trap 'echo "stopping cleanly"; kill $server; exit 143' QUIT
trap 'echo "SIGTERM is not my stop signal"' TERM
echo "started"
while true; do wait $server; done
