#!/usr/bin/python3
"""clang-tidy on every source file of the build, two at a time.

A file that was clean is not analysed again until it, what it includes, its flags or the configuration
change: the key is a digest of all those, kept below V2G_CACHE.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("V2G_BUILD", ROOT / "build"))
CACHE = pathlib.Path(os.environ.get("V2G_CACHE", BUILD / "cache")) / "tidy"
# GCC's own flags; clang would warn of them, or refuse them.
FOREIGN = re.compile(r"-ftrivial-auto-var-init=.*|-W(?!error=|p,).*|-fcf-protection=.*|-D_FORTIFY_SOURCE=.*")


def flags_of(entry):
    """The compiler's arguments, without the compiler, input and output."""
    words = entry.get("arguments") or shlex.split(entry["command"])
    flags, skip = [], False
    for word in words[1:]:
        if skip:
            skip = False
        elif word in ("-o", "-c"):
            skip = True
        elif not FOREIGN.fullmatch(word):
            flags.append(word)
    return flags


def digest(path, flags, folder):
    text = subprocess.run(["clang-14", "-E", *flags, path], cwd=folder, capture_output=True).stdout
    configuration = b"".join((folder / ".clang-tidy").read_bytes()
                             for folder in pathlib.Path(path).parents
                             if (folder / ".clang-tidy").exists())
    return hashlib.sha256(configuration + repr(flags).encode() + text).hexdigest()


def check(entry):
    path, folder, flags = entry["file"], entry["directory"], flags_of(entry)
    name = os.path.relpath(path, ROOT)
    stamp = CACHE / digest(path, flags, folder)
    if stamp.exists():
        return name, True, stamp.read_text()
    done = subprocess.run(["clang-tidy-14", "--quiet", path, "--", *flags], cwd=folder,
                          capture_output=True, text=True)
    lines = [line.replace(f"{ROOT}/", "") for line in done.stdout.splitlines()
             if re.search(r" (warning|error): ", line)]
    if done.returncode != 0 and not lines:
        lines = done.stderr.splitlines()[:5]
    report = "\n".join(lines)
    if done.returncode == 0:
        stamp.write_text(report)
    return name, done.returncode == 0, report


def main():
    database = BUILD / "compile_commands.json"
    if not database.exists():
        print("skip lint/clang-tidy no compile_commands.json: build first")
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    # Generated sources are the generator's business; a source may be compiled into several programs.
    entries = {entry["file"]: entry for entry in json.loads(database.read_text())
               if not pathlib.Path(entry["file"]).is_relative_to(BUILD)
               and pathlib.Path(entry["file"]).exists()}
    failed, hints = [], []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, clean, report in pool.map(check, entries.values()):
            errors = [line for line in report.splitlines() if " warning: " not in line]
            hints += [line for line in report.splitlines() if " warning: " in line]
            failed += [] if clean else errors or [name]
    print("not ok lint/clang-tidy" if failed else f"ok lint/clang-tidy ({len(entries)} files)")
    for line in failed:
        print("    " + line)
    if hints:
        print("# worth a second look:")
        for line in sorted(set(hints)):
            print("#   " + line)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
