#!/bin/bash
# Prints the ten longest functions.  A report for the reader, not a gate.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

echo "# longest functions:"
project_files '*.c' | ctags -L - --languages=C --kinds-C=f --fields=+ne -f - 2>/dev/null | awk -F'\t' '
	{
		start = end = 0
		for (i = 4; i <= NF; i++) {
			if ($i ~ /^line:/) start = substr($i, 6)
			if ($i ~ /^end:/) end = substr($i, 5)
		}
		if (end > 0) printf "#  %4d  %s  %s\n", end - start + 1, $1, $2
	}' | sort -k 2,2nr | head -n 10
