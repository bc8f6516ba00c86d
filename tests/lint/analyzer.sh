#!/bin/bash
# GCC's -fanalyzer, fatal for the base and the protocol library, where it is quiet.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

# Findings known to be wrong.  config.c stores strings at an offset of the settings struct, where GCC 12
# loses sight of them; the leak sanitizer watches that file in the unit tests instead.
known='common/config.c:.*Wanalyzer-malloc-leak'
export known

analyze() {
	gcc -std=c11 -D_DEFAULT_SOURCE -O1 -fanalyzer -include common/banned.h -I. \
		-I"${V2G_BUILD:-build}" -c "$1" -o /dev/null 2>&1 | grep -E 'warning:|error:' |
		grep -v "$known" || true
}
export -f analyze

project_files 'common/*.c' 'ocpp/*.c' | xargs -r -P 2 -I {} bash -c 'analyze {}' | verdict analyzer
