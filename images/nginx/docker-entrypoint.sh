#!/bin/sh
# Interface of the public image: before the server starts, the templates of
# /etc/nginx/templates are filled from the environment, and the scripts of
# /docker-entrypoint.d are run in order.
set -e

fill_templates() {
    [ -d /etc/nginx/templates ] && [ -w /etc/nginx/conf.d ] || return 0
    names=$(printf '${%s} ' $(env | cut -d= -f1))
    find /etc/nginx/templates -name '*.template' -type f | while read -r template; do
        target=${template#/etc/nginx/templates/}
        envsubst "$names" < "$template" > "/etc/nginx/conf.d/${target%.template}"
    done
}

run_scripts() {
    find /docker-entrypoint.d -follow -type f | sort -V | while read -r script; do
        case "$script" in
            *.envsh) if [ -x "$script" ]; then . "$script"; fi ;;
            *.sh) if [ -x "$script" ]; then "$script"; fi ;;
        esac
    done
}

if [ "$1" = nginx ] || [ "$1" = nginx-debug ]; then
    fill_templates
    run_scripts
fi
exec "$@"
