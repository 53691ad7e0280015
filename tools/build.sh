#!/usr/bin/env bash
# tools/build.sh PRESET TARGET... -- configures build/PRESET when needed and builds the targets.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift

if [[ ! -f build/$preset/build.ninja ]]; then
  cmake --preset "$preset"
fi
cmake --build "build/$preset" --target "$@"
