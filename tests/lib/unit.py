#!/usr/bin/python3
"""unit.py BUILD LABEL: runs every test CTest knows in BUILD, one line a test case.

A cmocka program reports its cases one by one; for any other program its exit code is the verdict.
Two programs run at a time.  The output of a program that failed follows its lines, indented.
"""

import concurrent.futures
import json
import os
import re
import subprocess
import sys

TIMEOUT = 120
CASE = re.compile(r"^(ok|not ok) \d+ - (\S+)", re.M)


def known_tests(build):
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"],
                             check=True, capture_output=True, text=True).stdout
    for test in json.loads(listing)["tests"]:
        folder = next((p["value"] for p in test.get("properties", [])
                       if p["name"] == "WORKING_DIRECTORY"), build)
        yield test["name"], test.get("command"), folder


def run(command, folder):
    """Exit code and output; a program that hangs is killed and told apart."""
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP")
    try:
        done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=TIMEOUT)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        return f"timeout after {TIMEOUT} s", (late.stdout or b"").decode(errors="replace")
    except OSError as error:
        return str(error), ""


def report(label, test):
    name, command, folder = test
    prefix = f"{label}/{name}"
    if command is None:
        return f"not ok {prefix} has not been built"
    code, output = run(command, folder)
    cases = CASE.findall(output)
    lines = [f"{verdict} {prefix}/{case}" for verdict, case in cases]
    failed = any(verdict != "ok" for verdict, _ in cases)
    if code != 0 and not failed:
        # A crash, a sanitizer report, or a failure in setup: no case of its own tells of it.
        lines.append(f"not ok {prefix} exit {code}")
    elif not cases:
        lines.append(f"ok {prefix}")
    if code != 0:
        lines += ["    " + line for line in output.splitlines()[-60:]]
    return "\n".join(lines)


def main():
    build, label = sys.argv[1:]
    if not os.path.exists(os.path.join(build, "CTestTestfile.cmake")):
        print(f"not ok {label} has not been built")
        return
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for lines in pool.map(lambda test: report(label, test), known_tests(build)):
            print(lines, flush=True)


if __name__ == "__main__":
    main()
