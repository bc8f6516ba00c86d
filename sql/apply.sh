#!/bin/sh
# Applies sql/ to the database of the PG* environment, in the order in which v2g-csms does it.  For tests:
# the program has its own copy of these files.  With the argument "functions": only functions and views.
set -eu
sql=$(cd "$(dirname "$0")" && pwd)

query() {
	psql -X -qAt -v ON_ERROR_STOP=1 "$@"
}

export PGOPTIONS="${PGOPTIONS-} -c client_min_messages=warning"
if [ "${1-}" != functions ]; then
	query -c "CREATE SCHEMA IF NOT EXISTS core" -c "CREATE TABLE IF NOT EXISTS core.schema_version
		(version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
	for file in "$sql"/migrations/[0-9]*.sql; do
		version=$(basename "$file" | sed 's/^0*\([0-9]*\).*/\1/')
		[ "$(query -c "SELECT count(*) FROM core.schema_version WHERE version = $version")" = 1 ] ||
			query --single-transaction -f "$file" -c "INSERT INTO core.schema_version (version) VALUES ($version)"
	done
fi

set --
for file in "$sql"/functions/*.sql "$sql"/views/*.sql; do
	set -- "$@" -f "$file"
done
query --single-transaction "$@"
