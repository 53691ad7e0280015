#!/usr/bin/env bash
# tools/lint_web.sh -- the portal's sources are formatted, lint-free and of sound types. `cd web && npm run
# format` rewrites them.
set -euo pipefail
cd "$(dirname "$0")/../web"
export PATH="$PWD/../.deps/node/bin:$PATH"
npm run --silent types > /dev/null
npm run --silent check
