#!/bin/bash
# Who may include whom: common <- ocpp <- csms; common <- iso15118-bridge; common <- grid-adapter.
# Never sideways, never back.  And the pure parts do no I/O and know no clock.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

forbidden_includes() {
	c_files | xargs -r grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"' | awk -F: '
		BEGIN {
			allowed["common"] = "common"
			allowed["ocpp"] = "common ocpp"
			allowed["csms"] = "common ocpp csms"
			allowed["iso15118-bridge"] = "common iso15118-bridge"
			allowed["grid-adapter"] = "common grid-adapter"
		}
		{
			part = $1
			sub(/\/.*/, "", part)
			if (!(part in allowed))
				next
			path = $0
			sub(/^[^"]*"/, "", path)
			sub(/".*/, "", path)
			# Without a folder, or with ".", it is a neighbour.
			target = path ~ /\// ? path : part "/" path
			sub(/\/.*/, "", target)
			if (path ~ /\.\./)
				print $1 ":" $2 ": climbs with \"..\": " path
			else if (index(" " allowed[part] " ", " " target " ") == 0)
				print $1 ":" $2 ": " part " may not include " path
		}'
}

# ocpp, the EXI codec and the dispatch allocator: bytes or structs in, bytes or structs out.
pure_files() {
	project_files 'ocpp/*.[ch]' 'iso15118-bridge/exi/*.[ch]' 'csms/dispatch/allocat*.[ch]'
}

impure_lines() {
	pure_files | xargs -r grep -nHE \
		-e '#[[:space:]]*include[[:space:]]+<(unistd|fcntl|time|poll|netdb|signal|pthread)\.h>' \
		-e '#[[:space:]]*include[[:space:]]+<(sys|net|netinet|arpa|linux)/' \
		-e '#[[:space:]]*include[[:space:]]+"common/(log|config)\.h"' \
		-e '(^|[^_[:alnum:]])(clock_wall|clock_mono|time|fopen|printf|fprintf|puts|getenv)[[:space:]]*\(' ||
		true
}

forbidden_includes | verdict include-rules
impure_lines | verdict purity
