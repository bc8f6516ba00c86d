#!/bin/bash
# Each third-party header belongs to one named module, two at most: tests/lint/third-party-headers.txt.
# Tests are free.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

table=tests/lint/third-party-headers.txt

strangers() {
	project_files 'common/*.[ch]' 'ocpp/*.[ch]' 'csms/*.[ch]' 'iso15118-bridge/*.[ch]' \
		'grid-adapter/*.[ch]' |
		xargs -r grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]+<' |
		awk '
		FNR == NR {
			sub(/#.*/, "")
			if (NF == 0)
				next
			if ($1 == "system") {
				for (i = 2; i <= NF; i++)
					system_header[$i] = 1
				next
			}
			if (NF > 3)
				print FILENAME ": " $1 " has more than two modules"
			owner[$1] = " " $2 " " $3 " "
			next
		}
		{
			split($0, at, ":")
			module = at[1]
			sub(/\.[ch]$/, "", module)
			header = $0
			sub(/^[^<]*</, "", header)
			sub(/>.*/, "", header)
			folder = header
			sub(/[^\/]*$/, "", folder)
			if (header in system_header || (folder != "" && folder in system_header))
				next
			if (!(header in owner))
				print at[1] ":" at[2] ": <" header "> is not in the table"
			else if (index(owner[header], " " module " ") == 0)
				print at[1] ":" at[2] ": <" header "> belongs to" owner[header]
		}' "$table" -
}

strangers | verdict third-party-headers
