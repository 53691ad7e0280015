#!/usr/bin/env bash
# tools/build_web.sh -- checks the portal's sources and builds them into build/web, compressed.
#
# Does nothing when neither web/ nor api/unity.yaml changed since the last time.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.deps/node/bin:$PATH"

stamp=$({
  cat .deps/node/stamp api/unity.yaml
  find web -path web/node_modules -prune -o -path web/results -prune -o -name '*.gen.ts' -o -type f -print0 |
    sort -z | xargs -0 sha256sum
} | sha256sum)
[[ $(cat build/web.stamp 2> /dev/null) == "$stamp" && -f build/web/index.html ]] && exit 0

cd web
npm run --silent types > /dev/null
npx --no-install tsc --noEmit
npx --no-install vite build --logLevel warn
echo "$stamp" > ../build/web.stamp
