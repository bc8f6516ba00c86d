#!/bin/bash
# Formatting is clang-format's.  tests/lint/format.sh --fix puts it right.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

unformatted() {
	local file

	c_files | while read -r file; do
		clang-format-14 --dry-run -Werror "$file" 2>&1 | sed -n 's/: error:.*$//p' |
			head -n 1
	done
}

if [ "${1-}" = --fix ]; then
	c_files | xargs -r clang-format-14 -i
fi
unformatted | verdict format
