# shellcheck shell=bash
# What the lint scripts share.  Source this file; the working directory becomes the root of the tree.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Every file of the project: what git tracks, and what is new and not ignored.
project_files() {
	local path

	# The checkout may belong to someone else than the caller (root in a container).
	git -c safe.directory="$PWD" ls-files -co --exclude-standard -- "$@" | sort -u |
		while read -r path; do
			[ ! -f "$path" ] || [ -L "$path" ] || echo "$path"
		done
}

c_files() {
	project_files '*.c' '*.h'
}

# verdict NAME: findings come on standard input, one a line; none is good.
verdict() {
	local findings

	findings=$(cat)
	if [ -z "$findings" ]; then
		echo "ok lint/$1"
	else
		echo "not ok lint/$1"
		printf '%s\n' "$findings" | sed 's/^/    /'
	fi
}
