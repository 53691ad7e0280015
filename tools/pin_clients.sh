#!/usr/bin/env bash
# tools/pin_clients.sh [LIST.in...] -- resolves each list (without arguments: both of the project)
# into LIST.txt beside it: every package with its version and the checksum of the one wheel that
# Linux x86_64 with CPython 3.11 installs. Run it after a change of a list, and commit both files.
set -euo pipefail
cd "$(dirname "$0")/.."
(($#)) || set -- tests/clients/requirements.in tests/support/botocore.in
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
for list in "$@"; do
  "$work/venv/bin/pip" install --quiet --dry-run --ignore-installed --only-binary :all: \
    --report "$work/report.json" -r "$list"
  "$work/venv/bin/python" - "$work/report.json" "${list##*/}" > "$work/pinned.txt" <<'PYTHON'
import json, sys

print(f"# Made from {sys.argv[2]} by tools/pin_clients.sh; CPython 3.11 on Linux x86_64.")
packages = json.load(open(sys.argv[1]))["install"]
for package in sorted(packages, key=lambda p: p["metadata"]["name"].lower()):
    meta = package["metadata"]
    digest = package["download_info"]["archive_info"]["hashes"]["sha256"]
    print(f"{meta['name'].lower()}=={meta['version']} \\\n    --hash=sha256:{digest}")
PYTHON
  mv "$work/pinned.txt" "${list%.in}.txt"
  echo "wrote ${list%.in}.txt: $(grep -c == "${list%.in}.txt") packages"
done
