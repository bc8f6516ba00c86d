#!/bin/bash
# Compares our OCPP decoder with ajv over some 28,000 payloads: see compare.js.  Prints "ok NAME" or
# "not ok NAME why" per suite.  V2G_BUILD: the build tree that has ocpp_check; V2G_SEED: other payloads.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
check=${V2G_BUILD:-$root/build}/tests/ocpp_check

if [ ! -x "$check" ]; then
	echo "not ok ocpp_differential/program: $check is not built"
	exit 1
fi
if ! modules=$("$root/tests/lib/node-env" "$here"); then
	echo "not ok ocpp_differential/packages: npm could not install them"
	exit 1
fi
NODE_PATH=$modules exec node "$here/compare.js" "$check" "${V2G_SEED:-1}"
