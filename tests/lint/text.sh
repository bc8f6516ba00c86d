#!/bin/bash
# Plain tidiness of text: no paths of one machine, no white space at line ends or between tabs, a
# newline at the end, no carriage returns.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

# Inputs and recordings are what they are, to the byte.
texts() {
	project_files . ':!tests/fuzz/corpus' ':!tests/golden' ':!*/vectors/*'
}

# grep -I: text only.  The brackets keep the patterns from finding themselves.
in_texts() {
	texts | xargs -r -d '\n' grep -InHE "$@" || true
}

unfinished_files() {
	texts | while read -r file; do
		if [ -s "$file" ] && [ -n "$(tail -c 1 "$file" | tr -d '\0')" ] &&
			[ "$(tail -c 1 "$file" | wc -l)" = 0 ] && grep -Iq . "$file"; then
			echo "$file: no newline at the end"
		fi
	done
}

in_texts -e '/(ho[m]e|ro[o]t|wo[r]k|Us[e]rs)/' | verdict machine-paths
{
	# Markdown ends a line with two blanks on purpose.
	in_texts -e '[[:blank:]]+$' | grep -v '^[^:]*\.md:' || true
	in_texts -e '^[[:blank:]]* 	'
	in_texts -e $'\r$'
	unfinished_files
} | verdict white-space
project_files '*.py' '*.sql' '*.json' | { xargs -r -d '\n' grep -nH -P '^\t' || true; } | grep '\.py:' |
	verdict python-without-tabs
