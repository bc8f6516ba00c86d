#!/bin/bash
# Stations made of the Python package `ocpp` against v2g-csms: see suite.py.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
export PYTHONPATH=$root/tests/lib:$root/tests/interop PYTHONDONTWRITEBYTECODE=1
exec "$("$root/tests/lib/python-env")" "$here/suite.py"
