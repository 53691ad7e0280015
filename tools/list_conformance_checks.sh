#!/usr/bin/env bash
# tools/list_conformance_checks.sh -- writes the list of checks in docs/guide/conformance.md anew.
set -euo pipefail
cd "$(dirname "$0")/.."
page=docs/guide/conformance.md
mark='<!-- The rest is written by tools/list_conformance_checks.sh -->'
text=$(sed "\|^$mark\$|q" "$page")
list=$("${SLUICE_BINARY:-build/release/sluice}" conformance --list --markdown)
printf '%s\n%s\n' "$text" "$list" > "$page"
