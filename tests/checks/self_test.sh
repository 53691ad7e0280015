#!/usr/bin/env bash
# tests/checks/self_test.sh -- proves that the checks of the house fail when they should.
#
# tests/checks/layers is a small house in which each line marked WRONG breaks one rule; the layer
# check must name exactly those lines. The size check gets a tree made here.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$PWD/tools
fixture=tests/checks/layers
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "self_test: $*" >&2
  exit 1
}

# check_layers names each marked line and no other, and fails.
if "$tools/check_layers.sh" $fixture > "$work/said"; then fail "check_layers passes a broken house"; fi
(cd $fixture && grep -rnE 'WRONG:' src) | cut -d: -f1,2 | sort > "$work/expected"
grep -oE '^src/[^:]+:[0-9]+' "$work/said" | sort > "$work/found"
[[ -s $work/expected ]] || fail "the fixture marks no line"
diff -u "$work/expected" "$work/found" || fail "check_layers: expected lines (-), found lines (+)"

# ... and passes the same house without them.
cp -r $fixture "$work/sound"
rm -r "$work/sound/src/attic"
grep -rlE 'WRONG:' "$work/sound/src" | xargs sed -i '/WRONG:/d'
"$tools/check_layers.sh" "$work/sound" > "$work/said" || fail "check_layers fails a sound house: $(cat "$work/said")"

# check_size: a sound tree with a long file, which is only remarked, ...
house=$work/house
mkdir -p "$house/src/base" "$house/tests" "$house/tools"
seq 800 > "$house/src/base/long.cc"
seq 40 > "$house/src/base/README.md"
seq 400 > "$house/src/base/right.h"
"$tools/check_size.sh" "$house" > "$work/said" || fail "check_size fails a sound tree: $(cat "$work/said")"
grep -q 'remark: src/base/long.cc has 800' "$work/said" || fail "check_size does not remark 800 lines"
if grep -q right.h "$work/said"; then fail "check_size remarks 400 lines"; fi

# ... then one broken rule at a time.
expect_size_failure() {
  if "$tools/check_size.sh" "$house" > "$work/said"; then fail "check_size passes $1"; fi
  grep -q "^$1:" "$work/said" || fail "check_size does not name $1: $(cat "$work/said")"
  rm -r "${house:?}/$1"
}
seq 801 > "$house/src/base/too_long.cc"
expect_size_failure src/base/too_long.cc
seq 41 > "$house/src/README.md"
expect_size_failure src/README.md
for name in util utils common helpers misc manager impl; do
  mkdir "$house/src/base/$name"
  expect_size_failure src/base/$name
done
touch "$house/src/base/helpers.cc"
expect_size_failure src/base/helpers.cc
"$tools/check_size.sh" "$house" > /dev/null || fail "check_size fails the tree after the repairs"

echo "self_test: the checks fail where they should, and only there"
