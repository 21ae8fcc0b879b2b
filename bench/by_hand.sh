#!/bin/sh
# The five jobs of a run, as a script would do them with the same tools: fetch, build, scan, start beside, test, switch.
# by_hand.sh BARE_REPOSITORY WORK_FOLDER GRYPE CACHE_OF_GRYPE
set -eu
bare=$1 work=$2 grype=$3 label=continuum.bench
export GRYPE_DB_CACHE_DIR=$4 GRYPE_DB_AUTO_UPDATE=false GRYPE_CHECK_FOR_APP_UPDATE=false GRYPE_DB_VALIDATE_AGE=false
[ -d "$work/code" ] || git clone -q "$bare" "$work/code"
git -C "$work/code" fetch -q
git -C "$work/code" checkout -q --force origin/main
docker build -q -t continuum-bench:candidate "$work/code" >/dev/null
"$grype" -q -o json --file "$work/findings.json" --fail-on critical --only-fixed docker:continuum-bench:candidate
candidate=$(docker run -d --label "$label" -p 127.0.0.1::8000 continuum-bench:candidate)
address=$(docker port "$candidate" 8000/tcp)
until curl -fsS -o /dev/null "http://$address/" 2>/dev/null; do sleep 0.2; done
curl -fsS "http://$address/" | grep -q Hello
docker run --rm --label "$label" continuum-bench:candidate pytest -q >/dev/null
old=$(cat "$work/live" 2>/dev/null || true)
echo "$candidate" > "$work/live.new" && mv "$work/live.new" "$work/live"
[ -z "$old" ] || docker rm -f "$old" >/dev/null
