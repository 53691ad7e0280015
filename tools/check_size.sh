#!/usr/bin/env bash
# tools/check_size.sh [ROOT] -- keeps files short and folders named for what they hold.
#
# Fails on a source file of more than 800 lines, a room's README of more than 40, and a folder or
# source file named util, common, helpers, misc, manager or impl. Files of more than 400 lines are
# listed as a remark.
set -euo pipefail
root=${1:-$(dirname "$0")/..}
cd "$root"

failures=0
complain() {
  echo "$*"
  failures=$((failures + 1))
}

while read -r lines file; do
  if ((lines > 800)); then
    complain "$file:800: $lines lines; 800 is the limit: split it by what a reader looks for"
  elif ((lines > 400)); then
    echo "remark: $file has $lines lines; 400 is the rule"
  fi
done < <(find src tests tools -type f \( -name '*.h' -o -name '*.cc' -o -name '*.py' -o -name '*.sh' \) \
  -not -path 'tests/checks/*' -exec wc -l {} + 2> /dev/null | grep -vE ' total$')

while read -r lines file; do
  ((lines <= 40)) || complain "$file:40: $lines lines; a room's README has at most 40"
done < <(find src -name README.md -exec wc -l {} + | grep -vE ' total$')

while read -r path; do
  complain "$path:1: a name that says nothing: call it after what it holds"
done < <(find src tests tools cmake api web docs packaging \
  -not -path 'tests/checks/*' -not -path '*/node_modules/*' \
  -regextype posix-extended -iregex '.*/(utils?|common|helpers?|misc|managers?|impl)(\.(h|cc|py|ts|tsx))?' \
  2> /dev/null)

if ((failures)); then
  echo "check_size: $failures finding(s)"
  exit 1
fi
echo "check_size: files, READMEs and names are within the rules"
