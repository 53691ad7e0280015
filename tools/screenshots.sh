#!/usr/bin/env bash
# tools/screenshots.sh [ARG...] -- takes the pictures of the guides (docs/images) of a demo that it starts in a
# folder of its own. Arguments go to Playwright: `-g usage` takes one. SLUICE_PNG=DIR keeps plain PNGs there, too.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.deps/node/bin:$PATH"

folder=$(mktemp -d)
build/release/sluice demo --dir "$folder/demo" --port 0 > "$folder/out" 2>&1 &
demo=$!
trap 'kill "$demo" 2> /dev/null; wait "$demo" 2> /dev/null; rm -rf "$folder"' EXIT
until grep -q Ctrl-C "$folder/out"; do
  kill -0 "$demo" 2> /dev/null || { cat "$folder/out" >&2; exit 1; }
  sleep 0.2
done
SLUICE_URL=$(sed -n 's|^Serving at \(http://[^/]*\).*|\1|p' "$folder/out")
export SLUICE_URL SLUICE_DEMO="$folder/demo" SLUICE_IMAGES="$PWD/docs/images"
cd web
npx --no-install playwright test --config playwright.pictures.config.ts "$@"
