#!/bin/bash
# Interface of the public image: a rabbitmq command started as root gives the
# data to the rabbitmq user and goes on as that user. RABBITMQ_DEFAULT_USER,
# _PASS and _VHOST are read by the server itself.
set -euo pipefail

cookie=/var/lib/rabbitmq/.erlang.cookie

# Made before anything else: a health check that calls rabbitmq-diagnostics as
# root would otherwise make it first, as root's, and the server could not read it.
make_cookie() {
    local value=${RABBITMQ_ERLANG_COOKIE:-$(tr -dc A-Z < /dev/urandom | head -c 20 || true)}
    if [[ ! -s "$cookie" ]]; then
        (umask 077 && printf '%s' "$value" > "$cookie")
    elif [[ -n "${RABBITMQ_ERLANG_COOKIE:-}" && "$(<"$cookie")" != "$RABBITMQ_ERLANG_COOKIE" ]]; then
        echo >&2 "error: $cookie differs from RABBITMQ_ERLANG_COOKIE"
        exit 1
    fi
}

if [[ "${1:-}" == rabbitmq* && "$(id -u)" == 0 ]]; then
    if [[ "$1" == rabbitmq-server ]]; then
        make_cookie
        find /var/lib/rabbitmq \! -user rabbitmq -exec chown rabbitmq '{}' +
    fi
    exec gosu rabbitmq "$0" "$@"
fi

if [[ "${1:-}" == rabbitmq-server ]]; then
    make_cookie
fi
exec "$@"
