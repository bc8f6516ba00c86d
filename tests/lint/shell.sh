#!/bin/bash
# Runs shellcheck on everything that is a shell script by its first line or its name.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

shell_scripts() {
	project_files | while read -r file; do
		case $file in
		*.sh) echo "$file" ;;
		*) head -c 64 "$file" | head -n 1 | grep -aqE '^#!.*\b(ba|da)?sh\b' && echo "$file" ;;
		esac
	done || true
}

{ shell_scripts | xargs -r shellcheck -x -f gcc || true; } | verdict shellcheck
