#!/bin/bash
# Every header has its guard (V2G_<PATH>_H) and compiles by itself.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

headers() {
	project_files '*.h'
}

guard_of() {
	echo "V2G_${1^^}" | tr -c 'A-Z0-9\n' _
}

wrong_guards() {
	local header guard directives

	headers | while read -r header; do
		guard=$(guard_of "$header")
		directives=$(grep -E '^#' "$header" | sed -n '1,2p;$p' | tr '\n' ' ')
		case $directives in
		"#ifndef $guard #define $guard #endif "*) ;;
		*) echo "$header: the guard should be $guard, around everything" ;;
		esac
	done
}

# libpq's headers have a folder of their own; the flag is one word.
libpq=$(pkg-config --cflags-only-I libpq | tr -d ' ')
export libpq

check_header() {
	local messages

	messages=$(printf '#include "%s"\n' "$1" |
		gcc -std=c11 -D_DEFAULT_SOURCE -Wall -Wextra -Werror -include common/banned.h -I. \
			-I"${V2G_BUILD:-build}" "$libpq" -fsyntax-only -x c - 2>&1) ||
		echo "$1: $(printf '%s' "$messages" | grep -m 1 error || printf '%s' "$messages" | head -n 1)"
}
export -f check_header

wrong_guards | verdict header-guards
headers | xargs -r -P 2 -I {} bash -c 'check_header {}' | verdict header-self-contained
