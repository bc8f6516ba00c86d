#!/bin/bash
# Stations made of ocpp-rpc against v2g-csms: see suite.py.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
if ! modules=$("$root/tests/lib/node-env" "$here"); then
	echo "not ok ocpp_rpc/packages: npm could not install them"
	exit 1
fi
export NODE_PATH=$modules PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH=$root/tests/lib:$root/tests/interop
exec "$("$root/tests/lib/python-env")" "$here/suite.py"
