#!/bin/bash
# A private PostgreSQL 15 cluster in a directory, run by an ordinary account.
#
#   pg.sh start DIR     creates the cluster when it is not there, starts it, waits until it answers
#   pg.sh stop DIR      orderly stop (fast mode); fine when it is not running
#   pg.sh kill DIR      immediate stop: what a crash of the machine leaves behind
#   pg.sh restart DIR   stop and start
#   pg.sh env DIR       prints PGHOST, PGPORT, PGUSER and V2G_PG_URI as shell assignments; a database
#                       of the cluster is "$V2G_PG_URI/name"
#
# The cluster listens on a unix socket in DIR only, so it needs no free port and no password; the
# folder of the socket belongs to the account alone.  Durability is on, as in production.
# Environment: V2G_PG_SETTINGS, more lines for postgresql.conf (at creation).
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lib/account.sh
. "$here/account.sh"

BIN=/usr/lib/postgresql/15/bin

# The path of a unix socket is limited to 107 bytes, and a checkout may lie deep.
socket_dir() {
	local dir=$1/socket

	if [ $((${#dir} + ${#SOCKET_NAME})) -gt 100 ]; then
		dir=/tmp/v2g-pg-$(printf '%s' "$1" | cksum | tr -d ' ')
	fi
	echo "$dir"
}
SOCKET_NAME=/.s.PGSQL.5432

pg_ctl() {
	# -l: the log of the server; our own working directory may be closed to the account.
	(cd / && as_account "$BIN/pg_ctl" -D "$DIR/data" -l "$DIR/log" -s -w -t 60 "$@")
}

is_running() {
	[ -f "$DIR/data/postmaster.pid" ] && pg_ctl status >/dev/null 2>&1
}

settings() {
	cat <<-EOF

		listen_addresses = ''
		unix_socket_directories = '$SOCKET'
		unix_socket_permissions = 0700
		max_connections = 200
		shared_buffers = 128MB
		max_wal_size = 512MB
		timezone = 'UTC'
		log_timezone = 'UTC'
		log_line_prefix = '%m [%p] %d '
		${V2G_PG_SETTINGS-}
	EOF
}

create() {
	local account
	account=$(account_name)
	account_create
	mkdir -p "$DIR"
	chmod 0711 "$DIR"
	[ "$(id -u)" != 0 ] || chown "$account" "$DIR"
	rm -rf "$DIR/data.new"
	(cd / && as_account "$BIN/initdb" -D "$DIR/data.new" -U postgres -A trust -E UTF8 \
		--locale=C.UTF-8 --no-sync >/dev/null)
	settings | as_account tee -a "$DIR/data.new/postgresql.conf" >/dev/null
	# Only a whole cluster gets the name that is looked for.
	mv "$DIR/data.new" "$DIR/data"
}

start() {
	[ -d "$DIR/data" ] || create
	is_running && return
	as_account mkdir -p -m 0700 "$SOCKET"
	pg_ctl start || {
		tail -n 20 "$DIR/log" >&2
		return 1
	}
}

stop() {
	is_running || return 0
	pg_ctl stop -m "$1"
	case $SOCKET in
	/tmp/v2g-pg-*) rmdir "$SOCKET" 2>/dev/null || true ;;
	esac
}

print_env() {
	local encoded=${SOCKET//\//%2F}

	echo "PGHOST='$SOCKET' PGPORT=5432 PGUSER=postgres V2G_PG_URI='postgresql://postgres@$encoded:5432'"
}

[ $# = 2 ] || {
	sed -n 's/^#   //p' "$0" >&2
	exit 2
}
mkdir -p "$2"
DIR=$(cd "$2" && pwd)
SOCKET=$(socket_dir "$DIR")
case $1 in
start) start ;;
stop) stop fast ;;
kill) stop immediate ;;
restart) stop fast && start ;;
env) print_env ;;
*) echo "pg.sh: unknown command $1" >&2; exit 2 ;;
esac
