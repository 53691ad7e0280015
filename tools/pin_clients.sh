#!/usr/bin/env bash
# tools/pin_clients.sh -- resolves tests/clients/requirements.in into requirements.txt: every
# package with its version and the checksum of the one wheel that Linux x86_64 with CPython 3.11
# installs. Run it after a change of requirements.in, and commit both files.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --dry-run --ignore-installed --only-binary :all: \
  --report "$work/report.json" -r tests/clients/requirements.in
"$work/venv/bin/python" - "$work/report.json" > "$work/requirements.txt" <<'PYTHON'
import json, sys

print("# Made from requirements.in by tools/pin_clients.sh; CPython 3.11 on Linux x86_64.")
packages = json.load(open(sys.argv[1]))["install"]
for package in sorted(packages, key=lambda p: p["metadata"]["name"].lower()):
    meta = package["metadata"]
    digest = package["download_info"]["archive_info"]["hashes"]["sha256"]
    print(f"{meta['name'].lower()}=={meta['version']} \\\n    --hash=sha256:{digest}")
PYTHON
mv "$work/requirements.txt" tests/clients/requirements.txt
echo "wrote tests/clients/requirements.txt: $(grep -c == tests/clients/requirements.txt) packages"
