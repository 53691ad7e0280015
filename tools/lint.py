#!/usr/bin/env python3
"""tools/lint.py [--all] [FILE...] -- clang-tidy over the product's sources, in parallel.

A file that was found clean is not checked again until it, a header of ours that it includes, its
compile command, .clang-tidy or clang-tidy's version changes: the marks of clean files are kept in
${XDG_CACHE_HOME:-~/.cache}/sluice/tidy. --all ignores them. Tests are left to the compiler.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "dev"
TIDY = "clang-tidy-19"
MARKS = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "sluice" / "tidy"
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def compile_commands():
    """The compile command of every product source, by path."""
    if not (BUILD / "build.ninja").exists():
        subprocess.run(["cmake", "--preset", "dev"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    # Ninja looks for new files (CONFIGURE_DEPENDS) and writes compile_commands.json anew.
    subprocess.run(["ninja", "-C", str(BUILD), "build.ninja"], check=True, stdout=subprocess.DEVNULL)
    commands = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["file"])
        if file.is_relative_to(ROOT / "src") and not file.name.endswith("_test.cc"):
            commands[file] = entry["command"].replace(str(ROOT), "")
    return commands


def with_headers(file):
    """The file and every header of ours it includes, directly or not."""
    seen, todo = set(), [file]
    while todo:
        path = todo.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        todo += [ROOT / "src" / name.decode() for name in INCLUDE.findall(path.read_bytes())]
    return sorted(seen)


def mark_of(file, command, rules):
    digest = hashlib.sha256(rules)
    digest.update(command.encode())
    for path in with_headers(file):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return MARKS / digest.hexdigest()


def check(file):
    """Returns what clang-tidy found, or an empty text."""
    run = subprocess.run(
        [TIDY, "-p", str(BUILD), "--quiet", "--extra-arg=-Wno-unknown-warning-option", str(file)],
        capture_output=True, text=True)
    return "" if run.returncode == 0 else run.stdout or run.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="check files that were found clean, too")
    parser.add_argument("files", nargs="*", type=lambda name: pathlib.Path(name).resolve())
    arguments = parser.parse_args()

    start = time.monotonic()
    commands = compile_commands()
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    rules = version + (ROOT / ".clang-tidy").read_bytes()
    marks = {file: mark_of(file, command, rules) for file, command in commands.items()
             if not arguments.files or file in arguments.files}
    todo = [file for file, mark in marks.items() if arguments.all or not mark.exists()]

    MARKS.mkdir(parents=True, exist_ok=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, findings in zip(todo, pool.map(check, todo)):
            if findings:
                failed += 1
                print(findings, flush=True)
            else:
                marks[file].touch()
    print(f"lint: {len(todo)} of {len(marks)} files checked in {time.monotonic() - start:.0f} s, "
          f"{failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
