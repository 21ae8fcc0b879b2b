#!/bin/bash
# Interface of the public image: a rabbitmq command started as root gives the
# data to the rabbitmq user and goes on as that user. RABBITMQ_DEFAULT_USER,
# _PASS and _VHOST are read by the server itself.
set -euo pipefail

if [[ "${1:-}" == rabbitmq* && "$(id -u)" == 0 ]]; then
    if [[ "$1" == rabbitmq-server ]]; then
        find /var/lib/rabbitmq \! -user rabbitmq -exec chown rabbitmq '{}' +
    fi
    exec gosu rabbitmq "$0" "$@"
fi

if [[ -n "${RABBITMQ_ERLANG_COOKIE:-}" ]]; then
    cookie=/var/lib/rabbitmq/.erlang.cookie
    if [[ -e "$cookie" && "$(<"$cookie")" != "$RABBITMQ_ERLANG_COOKIE" ]]; then
        echo >&2 "error: $cookie differs from RABBITMQ_ERLANG_COOKIE"
        exit 1
    fi
    (umask 077 && printf '%s' "$RABBITMQ_ERLANG_COOKIE" > "$cookie")
fi
exec "$@"
