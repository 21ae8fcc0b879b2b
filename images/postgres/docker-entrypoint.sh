#!/bin/bash
# Interface of the public image: POSTGRES_USER, _PASSWORD, _DB, _INITDB_ARGS,
# _INITDB_WALDIR, _HOST_AUTH_METHOD (each also as NAME_FILE), and the scripts of
# /docker-entrypoint-initdb.d on an empty data folder; then the server as user
# postgres in this very process, so that signals reach it.
set -euo pipefail

from_file() {  # NAME [DEFAULT]: NAME, or the content of the file NAME_FILE, or DEFAULT
    local name=$1 file="${1}_FILE" default=${2:-}
    if [[ -n "${!name:-}" && -n "${!file:-}" ]]; then
        echo >&2 "error: both $name and $file are set (but are exclusive)"
        exit 1
    fi
    if [[ -n "${!file:-}" ]]; then
        export "$name"="$(<"${!file}")"
    else
        export "$name"="${!name:-$default}"
    fi
    unset "$file"
}

own_folders() {
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 0700 "$PGDATA" || true  # a mounted folder may refuse; initdb then says why
    chmod 3775 /var/run/postgresql || true
    if [[ "$(id -u)" == 0 ]]; then
        find "$PGDATA" /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
    fi
}

need_password() {
    if [[ -z "$POSTGRES_PASSWORD" && "$POSTGRES_HOST_AUTH_METHOD" != trust ]]; then
        echo >&2 "error: the database is not initialized and no superuser password is given: set POSTGRES_PASSWORD"
        exit 1
    fi
}

make_cluster() {
    local args=(--username="$POSTGRES_USER")
    [[ -n "${POSTGRES_INITDB_WALDIR:-}" ]] && args+=(--waldir "$POSTGRES_INITDB_WALDIR")
    # POSTGRES_INITDB_ARGS is a line of options, quoted as for a shell
    eval "initdb \"\${args[@]}\" --pwfile=<(printf '%s\n' \"\$POSTGRES_PASSWORD\") $POSTGRES_INITDB_ARGS"
    local method=$POSTGRES_HOST_AUTH_METHOD
    [[ -n "$method" ]] || method=$(postgres -C password_encryption)
    printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
}

psql_here() {
    PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password \
        --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" "$@"
}

make_database() {
    [[ "$POSTGRES_DB" == postgres ]] && return
    POSTGRES_DB=postgres psql_here --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db" ;'
}

run_scripts() {
    local script
    for script in /docker-entrypoint-initdb.d/*; do
        case "$script" in
            *.sh) if [[ -x "$script" ]]; then "$script"; else . "$script"; fi ;;
            *.sql) psql_here -f "$script" ;;
            *.sql.gz) gunzip -c "$script" | psql_here ;;
            *.sql.xz) xzcat "$script" | psql_here ;;
            *.sql.zst) zstd -dc "$script" | psql_here ;;
        esac
    done
}

initialize() {
    need_password
    make_cluster
    export PGPASSWORD="${PGPASSWORD:-$POSTGRES_PASSWORD}"
    # no TCP yet: whoever waits for the port must not meet the half-made database
    pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p 5432" -w start
    make_database
    run_scripts
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD
    echo 'PostgreSQL init process complete; ready for start up.'
}

wants_help() { [[ " $* " == *" --help "* || " $* " == *" --version "* || " $* " == *" -V "* ]]; }

[[ "${1:-}" == -* ]] && set -- postgres "$@"
if [[ "${1:-}" == postgres ]] && ! wants_help "$@"; then
    own_folders
    if [[ "$(id -u)" == 0 ]]; then
        exec gosu postgres "$0" "$@"
    fi
    from_file POSTGRES_PASSWORD
    from_file POSTGRES_USER postgres
    from_file POSTGRES_DB "$POSTGRES_USER"
    from_file POSTGRES_INITDB_ARGS
    : "${POSTGRES_HOST_AUTH_METHOD:=}"
    [[ -s "$PGDATA/PG_VERSION" ]] || initialize
fi
exec "$@"
