#!/bin/sh
# Applies sql/ to the database of the PG* environment, in the order in which v2g-csms does it.  For tests:
# the program has its own copy of these files.  With an argument: only "functions" (and views).
set -eu
sql=$(cd "$(dirname "$0")" && pwd)

run() {
	set -- "$@"
	for file; do
		printf '%s\n' -f "$file"
	done | xargs psql -X -q -v ON_ERROR_STOP=1 --single-transaction
}

export PGOPTIONS="${PGOPTIONS-} -c client_min_messages=warning"
if [ "${1-}" != functions ]; then
	psql -X -q -v ON_ERROR_STOP=1 -c "CREATE SCHEMA IF NOT EXISTS core" -c "CREATE TABLE IF NOT EXISTS core.schema_version \
		(version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
	for file in "$sql"/migrations/[0-9]*.sql; do
		version=$(basename "$file" | sed 's/^0*\([0-9]*\).*/\1/')
		[ "$(psql -X -qAt -c "SELECT count(*) FROM core.schema_version WHERE version = $version")" = 1 ] && continue
		run "$file"
		psql -X -q -v ON_ERROR_STOP=1 -c "INSERT INTO core.schema_version (version) VALUES ($version)"
	done
fi
run "$sql"/functions/*.sql "$sql"/views/*.sql
