#!/usr/bin/env bash
# tools/test_web.sh unit|journeys [ARG...] -- the tests of the portal: its parts alone, or its pages in a real
# browser against build/release/sluice (see web/README.md).
set -euo pipefail
cd "$(dirname "$0")/../web"
export PATH="$PWD/../.deps/node/bin:$PATH"
kind=$1
shift
npm run --silent types > /dev/null
case $kind in
  unit)
    ../tools/build_web.sh  # its size is looked at
    exec npx --no-install vitest run "$@"
    ;;
  journeys) exec npx --no-install playwright test "$@" ;;
  *) echo "tools/test_web.sh: unit or journeys, not $kind" >&2; exit 2 ;;
esac
