#!/usr/bin/env bash
# tools/format.sh [--check] -- puts every C++ file into the format of .clang-format; with --check,
# only says where that would change something, and fails.
set -euo pipefail
cd "$(dirname "$0")/.."

each_file() {
  find src tests -type f \( -name '*.h' -o -name '*.cc' \) -not -path 'tests/checks/*' -print0 |
    xargs -0 -r -n 8 -P "$(nproc)" clang-format-19 "$@"
}

if [[ ${1:-} != --check ]]; then
  each_file -i
  echo "format: done"
elif findings=$(each_file --dry-run --Werror -fno-color-diagnostics 2>&1); then
  echo "format: every file is in the project's format"
else
  grep -oE '^[^ :]+:[0-9]+:.*error:.*' <<< "$findings" | sort -u -t: -k1,1 -k2,2n
  echo "format: these lines differ from .clang-format: run make format"
  exit 1
fi
