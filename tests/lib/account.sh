# shellcheck shell=bash
# An ordinary account for servers that must not, or should not, run as root.  Source this file.
#
#   account_name           the account: the caller, or for root a system account made when missing
#   account_create         makes that system account when it is missing
#   as_account COMMAND...  runs the command as that account

ACCOUNT_OF_ROOT=v2g-test

account_name() {
	if [ "$(id -u)" = 0 ]; then
		echo "$ACCOUNT_OF_ROOT"
	else
		id -un
	fi
}

# Several runs may start at once; whoever comes second finds the account made.
account_create() {
	[ "$(id -u)" = 0 ] || return 0
	id -u "$ACCOUNT_OF_ROOT" >/dev/null 2>&1 ||
		useradd --system --user-group --no-create-home --home-dir /nonexistent \
			--shell /usr/sbin/nologin "$ACCOUNT_OF_ROOT" 2>/dev/null ||
		id -u "$ACCOUNT_OF_ROOT" >/dev/null
}

# setpriv and not su: no session, no shell in between, and the process keeps its id.  As an array, so that
# it can also stand behind exec.
AS_ACCOUNT=()
if [ "$(id -u)" = 0 ]; then
	AS_ACCOUNT=(setpriv --reuid="$ACCOUNT_OF_ROOT" --regid="$ACCOUNT_OF_ROOT" --init-groups
		--inh-caps=-all env HOME=/nonexistent)
fi

as_account() {
	"${AS_ACCOUNT[@]}" "$@"
}
